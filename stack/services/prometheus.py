"""Prometheus: scrapes the application's jobs and the stack itself, and stores the samples."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from stack import scraping
from stack.alerts import rules
from stack.configs import dump_yaml, load_yaml, read_text
from stack.service import Backup, Entry, File, Health, Hold, Port, Service
from stack.settings.model import Network, Settings
from stack.settings.values import Secret

PORT = 9090
CONFIG = "/etc/prometheus/prometheus.yml"
_START = "/etc/prometheus/start.sh"
_SECRETS = "/run/secrets"
# No origin is called so. By default every page that somebody opens may read all metrics through
# that person's browser, also from a Prometheus that listens on loopback only.
_CORS = "--web.cors.origin=none"
# A query holds 16 bytes for each sample; ten large queries at once may take all of the memory.
_MEMORY_PER_QUERY_SAMPLE = 16 * 10


def describe(settings: Settings) -> Service:
    """Describe Prometheus. The user is the image's `nobody`."""
    own = settings.prometheus
    secrets = _secrets(settings)
    files = [File(CONFIG, dump_yaml(configuration(settings)))]
    files += [
        File(f"/etc/prometheus/rules/{PurePath(name).name}", dump_yaml(content))
        for name, content in rules.load(settings).items()
    ]
    if secrets:
        files.append(File(_START, read_text("prometheus/start.sh")))
    return Service(
        name="prometheus",
        image=own.image,
        user="65534:65534",
        entrypoint=("/bin/sh", _START) if secrets else (),
        command=(
            f"--config.file={CONFIG}",
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
        host_gateway=any(job.is_on_host for job in settings.jobs),
    )


def configuration(settings: Settings) -> dict[str, Any]:
    """Return prometheus.yml for these settings: the services' own jobs, then the application's.

    The file's job `application` is the model of each job of the settings, and `replicas` of each
    that has several containers behind a name. Own jobs are in `configs/<service>/scrape.yml`.
    """
    own = settings.prometheus
    content: dict[str, Any] = load_yaml("prometheus/prometheus.yml")
    content["global"] |= scraping.timing(own.scrape_interval)
    content["global"]["evaluation_interval"] = str(settings.alerts.evaluation_interval)
    content["storage"]["tsdb"]["retention"] = {
        "time": str(own.retention_time),
        "size": str(own.retention_size),
    }
    static, replicas = content["scrape_configs"]
    content["scrape_configs"] = []
    for name, service in settings.services.items():
        for scrape in load_yaml(f"{name}/scrape.yml")["scrape_configs"]:
            if scrape["job_name"] in service.targets:
                [targets] = scrape["static_configs"]
                targets["targets"] = list(service.targets[scrape["job_name"]])
            scraping.add_labels(scrape, settings.labels)
            content["scrape_configs"].append(scrape)
    for job in settings.jobs:
        scrape = scraping.scrape_config(replicas if job.replicas else static, job, _SECRETS)
        scraping.add_labels(scrape, {**settings.labels, **job.labels})
        content["scrape_configs"].append(scrape)
    return content


def _secrets(settings: Settings) -> dict[str, Secret]:
    """Return the jobs' secrets as a variable of lines `job secret`, which start.sh takes apart."""
    lines = [
        f"{job.name} {settings.scrape_secrets[job.name].reveal()}"
        for job in settings.jobs
        if job.auth != "none"
    ]
    return {"SCRAPE_SECRETS": Secret("\n".join(lines))} if lines else {}


ENTRY = Entry(
    "prometheus",
    describe,
    # 14 s when it was measured.
    absence="about 15 s without scrapes",
    data="all stored metrics",
    # A block's name has 26 characters (a ULID).
    backup=Backup(Hold.PAUSE, ("prometheus", "--version"), "01????????????????????????"),
)
