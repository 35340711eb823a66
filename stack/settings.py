"""The settings of an environment: those of the whole, and each service's from its own module.

A field's name in camelCase is its key below `monitoring:` in `Pulumi.<stack>.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from stack import formats
from stack.alerts import Alerts
from stack.grafana import Grafana
from stack.jobs import Job
from stack.loki import Loki
from stack.prometheus import Prometheus
from stack.promtail import Logs, Promtail
from stack.reading import setting
from stack.service import Network
from stack.values import Secret


@dataclass(frozen=True)
class ContainerLogs:
    """How the engine rotates the four containers' own logs (json-file driver)."""

    max_size: str = setting(formats.LOG_SIZE, "A log file's largest size.", "10m")
    max_files: int = setting(formats.COUNT, "How many files are kept.", 3)


@dataclass(frozen=True)
class Settings:
    """All settings of one environment; `stack` and the secrets come beside the YAML keys."""

    docker_host: str = setting(
        formats.DOCKER_HOST,
        "The Docker engine; empty for `$DOCKER_HOST`, or the local engine's socket.",
        "",
    )
    docker_socket: str = setting(
        formats.FILE_PATH,
        "The engine's socket on its own host, which Promtail reads. Rootless Docker has another.",
        "/var/run/docker.sock",
    )
    docker_root: str = setting(
        formats.FILE_PATH,
        "The engine's data folder on its own host (`docker info`: Docker Root Dir), in whose log"
        " files Promtail counts the lines. Rootless Docker has another.",
        "/var/lib/docker",
    )
    bind_address: str = setting(
        formats.ADDRESS, "The host's address that Grafana and Prometheus listen on.", "127.0.0.1"
    )
    app_networks: tuple[str, ...] = setting(
        formats.NAME, "Existing Docker networks that Prometheus joins to reach its targets.", ()
    )
    keep_volumes: bool = setting(
        formats.BOOLEAN,
        "Whether the volumes, with all data, outlive `pulumi destroy`.",
        default=True,
    )
    protect_volumes: bool = setting(
        formats.BOOLEAN,
        "Whether Pulumi refuses whatever would take a volume away, `pulumi destroy` too.",
        default=False,
    )
    labels: Mapping[str, str] = setting(
        formats.LABEL_VALUE,
        "Labels added to every log line and every scraped series.",
        dict,
        keys=formats.LABEL_NAME,
    )
    jobs: tuple[Job, ...] = setting(None, "What Prometheus scrapes besides the stack itself.", ())
    logs: Logs = setting(None, "Which containers' logs are collected.", Logs)
    container_logs: ContainerLogs = setting(
        None, "Rotation of the four containers' own logs.", ContainerLogs
    )
    prometheus: Prometheus = setting(None, "Prometheus.", Prometheus)
    loki: Loki = setting(None, "Loki.", Loki)
    promtail: Promtail = setting(None, "Promtail.", Promtail)
    grafana: Grafana = setting(None, "Grafana.", Grafana)
    alerts: Alerts = setting(None, "When alerts fire, and whom they reach.", Alerts)
    stack: str = field(kw_only=True)
    grafana_admin_password: Secret = field(kw_only=True)
    scrape_secrets: Mapping[str, Secret] = field(kw_only=True, default_factory=dict)
    alert_secrets: Mapping[str, Secret] = field(kw_only=True, default_factory=dict)

    @property
    def prefix(self) -> str:
        """What every name on the engine begins with, so that environments do not collide."""
        return f"monitoring-{self.stack}"

    @property
    def networks(self) -> tuple[str, ...]:
        """The names of the stack's own networks."""
        return tuple(f"{self.prefix}{network.value}" for network in Network)


DEFAULT_IMAGES: Mapping[str, str] = MappingProxyType(
    {cls.__name__.lower(): cls().image for cls in (Prometheus, Loki, Promtail, Grafana)}
)
