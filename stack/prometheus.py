"""Prometheus: scrapes the application's jobs and the stack itself, and stores the samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from stack import formats, jobs, rules
from stack.files import dump_yaml, load_yaml, read_text
from stack.reading import setting
from stack.service import File, Health, Network, Port, Service
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
# A query holds 16 bytes for each sample; ten large queries at once may take all of the memory.
_MEMORY_PER_QUERY_SAMPLE = 16 * 10


@dataclass(frozen=True)
class Prometheus:
    """Prometheus: stores the metrics."""

    image: str = setting(formats.IMAGE, "Its image.", "prom/prometheus:v3.15.0")
    port: int = setting(formats.PORT, "Its port on the host.", 9090)
    memory: Size = setting(formats.memory("64MB"), "Its memory limit, at least 64MB.", "512MB")
    scrape_interval: Duration = setting(
        jobs.INTERVAL,
        "Time between two scrapes, from 1s to 2m (above that a warning says why).",
        "15s",
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
        command=(
            f"--config.file={_CONFIG}",
            "--storage.tsdb.path=/prometheus",
            f"--query.max-samples={own.memory.bytes // _MEMORY_PER_QUERY_SAMPLE}",
            _CORS,
        ),
        files=tuple(files),
        volume="/prometheus",
        health=Health(("promtool", "check", "ready", f"--url=http://localhost:{PORT}")),
        memory=own.memory,
        # On stopping it finishes its write-ahead log, which takes longer than Docker's 10 s.
        stop_seconds=60,
        ports=(Port(settings.bind_address, own.port, PORT),),
        secrets=secrets,
        tmpfs={_SECRETS: "rw,noexec,nosuid,size=64k,mode=0700,uid=65534"} if secrets else {},
        own_networks=(Network.APPLICATION, Network.INTERNAL),
        networks=settings.app_networks,
        host_gateway=any(jobs.is_on_host(job) for job in settings.jobs),
    )


def configuration(settings: Settings) -> dict[str, Any]:
    """Give prometheus.yml for these settings: the file's own jobs, then the application's.

    The file's job `application` is the model of each job of the settings, and `replicas` of each
    that has several containers behind a name.
    """
    own = settings.prometheus
    content: dict[str, Any] = load_yaml("prometheus/prometheus.yml")
    content["global"] |= jobs.timing(own.scrape_interval)
    content["global"]["evaluation_interval"] = str(settings.alerts.evaluation_interval)
    content["storage"]["tsdb"]["retention"] = {
        "time": str(own.retention_time),
        "size": str(own.retention_size),
    }
    scrapes = {scrape["job_name"]: scrape for scrape in content["scrape_configs"]}
    static, replicas = scrapes.pop("application"), scrapes.pop("replicas")
    for scrape in scrapes.values():
        jobs.label(scrape, settings.labels)
    content["scrape_configs"] = list(scrapes.values())
    for job in settings.jobs:
        scrape = jobs.scrape(replicas if job.replicas else static, job, _SECRETS)
        jobs.label(scrape, {**settings.labels, **job.labels})
        content["scrape_configs"].append(scrape)
    return content


def _secrets(settings: Settings) -> dict[str, Secret]:
    """Give the jobs' secrets as one variable of lines `job secret`, which start.sh takes apart."""
    lines = [
        f"{job.name} {settings.scrape_secrets[job.name].reveal()}"
        for job in settings.jobs
        if job.auth != "none"
    ]
    return {"SCRAPE_SECRETS": Secret("\n".join(lines))} if lines else {}
