"""Prometheus: scrapes the application's jobs and the stack itself, and stores the samples."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stack import formats, rules
from stack.files import dump_yaml, load_yaml, read_text
from stack.metrics import Metrics, relabelling
from stack.reading import setting
from stack.service import File, Health, Port, Service
from stack.values import Duration, Secret, Size

if TYPE_CHECKING:
    from stack.settings import Settings

PORT = 9090
_CONFIG = "/etc/prometheus/prometheus.yml"
_START = "/etc/prometheus/start.sh"
_SECRETS = "/run/secrets"
# No origin is called so. By default every page that somebody opens may read all metrics through
# that person's browser, also from a Prometheus that listens on loopback only.
_CORS = "--web.cors.origin=none"
_INTERVAL = formats.at_least(formats.DURATION, "1s")
_LONGEST_TIMEOUT = Duration("10s", 10)


@dataclass(frozen=True)
class Job:
    """Something that Prometheus scrapes: the application's backend, or any other exporter."""

    name: str = setting(formats.NAME, "Value of the label `job`; unique.")
    targets: tuple[str, ...] = setting(
        formats.TARGET, "Where to scrape, as `host:port`. Prometheus must reach the host's name."
    )
    path: str = setting(formats.HTTP_PATH, "The path of the metrics.", "/metrics")
    scheme: str = setting(formats.SCHEME, "`http` or `https`.", "http")
    interval: Duration | None = setting(
        _INTERVAL, "Time between two scrapes, instead of `prometheus.scrapeInterval`.", None
    )
    auth: str = setting(
        formats.AUTH,
        "`basic` (with `username`) or `bearer`: the password or token is the secret"
        " `monitoring:scrapeSecrets.<name>`.",
        "none",
    )
    username: str | None = setting(formats.TEXT, "The user's name where `auth` is `basic`.", None)
    labels: Mapping[str, str] = setting(
        formats.LABEL_VALUE, "Labels added to the job's series.", dict, keys=formats.LABEL_NAME
    )
    metrics: Metrics = setting(None, "What the job calls its metrics.", Metrics)


@dataclass(frozen=True)
class Prometheus:
    """Prometheus: stores the metrics."""

    image: str = setting(formats.IMAGE, "Its image.", "prom/prometheus:v3.15.0")
    port: int = setting(formats.PORT, "Its port on the host.", 9090)
    memory: Size = setting(formats.memory("64MB"), "Its memory limit, at least 64MB.", "512MB")
    scrape_interval: Duration = setting(
        _INTERVAL, "Time between two scrapes, from 1s to 2m (above that a warning says why).", "15s"
    )
    retention_time: Duration = setting(formats.DURATION, "How long samples are kept.", "15d")
    retention_size: Size = setting(
        formats.SIZE, "How much disk samples may take; the oldest go first.", "4GB"
    )


def describe(settings: Settings) -> Service:
    """Describe Prometheus. The user is the image's `nobody`."""
    own = settings.prometheus
    secrets = _secrets(settings)
    files = [File(_CONFIG, dump_yaml(configuration(settings)))]
    files += [File(f"/etc/{name}", dump_yaml(rule)) for name, rule in rules.load(settings).items()]
    if secrets:
        files.append(File(_START, read_text("prometheus/start.sh")))
    return Service(
        name="prometheus",
        image=own.image,
        user="65534:65534",
        entrypoint=("/bin/sh", _START) if secrets else (),
        command=(f"--config.file={_CONFIG}", "--storage.tsdb.path=/prometheus", _CORS),
        files=tuple(files),
        volume="/prometheus",
        health=Health(("CMD", "promtool", "check", "ready", f"--url=http://localhost:{PORT}")),
        memory=own.memory,
        # On stopping it finishes its write-ahead log, which takes longer than Docker's 10 s.
        stop_seconds=60,
        ports=(Port(settings.bind_address, own.port, PORT),),
        secrets=secrets,
        tmpfs={_SECRETS: "rw,noexec,nosuid,size=64k,mode=0700,uid=65534"} if secrets else {},
        networks=settings.app_networks,
        host_gateway=any(_is_on_host(target) for job in settings.jobs for target in job.targets),
    )


def configuration(settings: Settings) -> dict[str, Any]:
    """Give prometheus.yml for these settings: the file's own jobs, then the application's.

    The file's job `application` is the model of each job of the settings.
    """
    own = settings.prometheus
    content: dict[str, Any] = load_yaml("prometheus/prometheus.yml")
    content["global"] |= _timing(own.scrape_interval)
    content["global"]["evaluation_interval"] = str(settings.alerts.evaluation_interval)
    content["storage"]["tsdb"]["retention"] = {
        "time": str(own.retention_time),
        "size": str(own.retention_size),
    }
    scrapes: list[dict[str, Any]] = content["scrape_configs"]
    model = next(scrape for scrape in scrapes if scrape["job_name"] == "application")
    scrapes.remove(model)
    scrapes += [_scrape(model, job) for job in settings.jobs]
    for scrape in scrapes:
        for group in scrape["static_configs"]:
            if settings.labels:
                group["labels"] = {**settings.labels, **group.get("labels", {})}
    return content


def _is_on_host(target: str) -> bool:
    return target.startswith("host.docker.internal:")


def _scrape(model: dict[str, Any], job: Job) -> dict[str, Any]:
    scrape = copy.deepcopy(model)
    scrape |= {"job_name": job.name, "metrics_path": job.path, "scheme": job.scheme}
    if job.interval:
        scrape |= _timing(job.interval)
    if job.auth == "basic":
        scrape["basic_auth"] = {
            "username": job.username,
            "password_file": f"{_SECRETS}/{job.name}",
        }
    if job.auth == "bearer":
        scrape["authorization"] = {"credentials_file": f"{_SECRETS}/{job.name}"}
    [group] = scrape["static_configs"]
    group["targets"] = list(job.targets)
    if job.labels:
        group["labels"] = dict(job.labels)
    rules = relabelling(job.metrics)
    return {**scrape, "metric_relabel_configs": rules} if rules else scrape


def _timing(interval: Duration) -> dict[str, str]:
    """A scrape may take 10 s, Prometheus' default, but never longer than its interval."""
    timeout = min(interval, _LONGEST_TIMEOUT, key=lambda duration: duration.seconds)
    return {"scrape_interval": str(interval), "scrape_timeout": str(timeout)}


def _secrets(settings: Settings) -> dict[str, Secret]:
    """Give the jobs' secrets as one variable of lines `job secret`, which start.sh takes apart."""
    lines = [
        f"{job.name} {settings.scrape_secrets[job.name].reveal()}"
        for job in settings.jobs
        if job.auth != "none"
    ]
    return {"SCRAPE_SECRETS": Secret("\n".join(lines))} if lines else {}
