"""The settings of an environment, all in one.

A field's name in camelCase is its key below `monitoring:` in `Pulumi.<stack>.yaml`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from stack.settings import docker_host, formats
from stack.settings.alerts import Alerts, AlertSecrets
from stack.settings.declaration import setting, settings
from stack.settings.jobs import Job
from stack.settings.logs import ContainerLogs, Logs
from stack.settings.services import (
    Blackbox,
    Canary,
    Curator,
    Grafana,
    Loki,
    Prometheus,
    Promtail,
    ServiceSettings,
    SocketProxy,
)
from stack.settings.values import Secret, Size


class Network(Enum):
    """One of the stack's own networks; the value ends its name on the engine.

    Attributes:
        APPLICATION: Prometheus, and what joins it to be scraped.
        INTERNAL: the stack's programs and nobody else; it leads nowhere.
        GRAFANA: Grafana's way to people: its port, its mails and webhooks.
    """

    APPLICATION = ""
    INTERNAL = "-internal"
    GRAFANA = "-grafana"


def prefix(stack: str) -> str:
    """Return what every name on the engine begins with, so that environments do not collide."""
    return f"monitoring-{stack}"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings of one environment; `stack` comes beside the YAML keys.

    Once loaded, `docker_host` is the engine's address, wherever that comes from.
    """

    docker_host: str = setting(
        formats.DOCKER_HOST,
        "The Docker engine; empty for `$DOCKER_HOST`, or the local engine's socket.",
        "",
    )
    docker_socket: str = setting(
        formats.FILE_PATH,
        "The engine's socket on its own host, through which Promtail reads. Rootless Docker has"
        " another.",
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
        None, "Rotation of the stack's containers' own logs.", ContainerLogs
    )
    disk: Size | None = setting(
        formats.DISK,
        "How much disk the stack may take, at least 4GB: its programs get their parts of it"
        " ([operating.md](operating.md#one-disk-budget)). By default each has a limit of its own,"
        " and Loki none.",
        None,
    )
    backups: str | None = setting(
        formats.OBJECT_STORE,
        "Where `make backup` writes to and `make restore` reads from: a folder in an S3-compatible"
        " store ([backup.md](backup.md#an-object-store)). By default it is `backups/` beside the"
        " program.",
        None,
    )
    prometheus: Prometheus = setting(None, "Prometheus.", Prometheus)
    loki: Loki = setting(None, "Loki.", Loki)
    curator: Curator = setting(None, "The curator.", Curator)
    socketproxy: SocketProxy = setting(None, "The proxy of the engine's socket.", SocketProxy)
    promtail: Promtail = setting(None, "Promtail.", Promtail)
    grafana: Grafana = setting(None, "Grafana.", Grafana)
    blackbox: Blackbox = setting(None, "The blackbox exporter.", Blackbox)
    canary: Canary = setting(None, "Loki's canary.", Canary)
    alerts: Alerts = setting(None, "When alerts fire, and whom they reach.", Alerts)
    grafana_admin_password: Secret = setting(
        formats.PASSWORD,
        "The password of Grafana's `admin`, at least 8 characters.",
        secret=True,
    )
    scrape_secrets: Mapping[str, Secret] = setting(
        formats.SECRET,
        "The password or token of a job with `auth`.",
        dict,
        keys=formats.NAME,
        secret=True,
    )
    alert_secrets: AlertSecrets = setting(None, "Where alerts are sent.", AlertSecrets, secret=True)
    stack: str

    @property
    def prefix(self) -> str:
        """What every name of the stack on the engine begins with."""
        return prefix(self.stack)

    @property
    def measured(self) -> tuple[str, ...]:
        """The canary's container and that of `verify --loss`, whose lines are read in any case."""
        return f"{self.prefix}-canary", f"{self.prefix}-loss"

    @property
    def networks(self) -> tuple[str, ...]:
        """The names of the stack's own networks."""
        return tuple(f"{self.prefix}{network.value}" for network in Network)

    @property
    def services(self) -> Mapping[str, ServiceSettings]:
        """The settings of each service that is on, by its name."""
        found: dict[str, ServiceSettings] = {name: getattr(self, name) for name in SERVICES}
        return {name: own for name, own in found.items() if own.enabled}

    @property
    def alerts_reach_people(self) -> bool:
        """Whether anybody gets the alerts."""
        secrets = self.alert_secrets
        return bool(self.alerts.mail.to or secrets.webhook_url or secrets.slack_url)

    def url(self, port: int) -> str:
        """Return the URL of a port of the Docker host, for a browser.

        Bound to loopback it is `localhost`, also where that is another machine: a tunnel makes it
        true here. Bound to all addresses it is the name by which the engine is reached.
        """
        bound = ipaddress.ip_address(self.bind_address)
        if bound.is_loopback:
            host = "localhost"
        elif bound.is_unspecified:
            host = docker_host.name(self.docker_host)
        else:
            host = str(bound)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


_SERVICES: dict[str, type[ServiceSettings]] = {
    each.name: each.group
    for each in settings(Settings)
    if each.group and issubclass(each.group, ServiceSettings)
}
SERVICES = tuple(_SERVICES)
"""The names of the services, which are those of their settings."""
DEFAULT_IMAGES: Mapping[str, str] = MappingProxyType(
    {name: image for name, group in _SERVICES.items() if (image := group().image)}
)
"""Of the services that do not run in the image of another."""


def is_on(service: str, written: object) -> bool:
    """Return whether a service is on, by what is written below its key, if anything."""
    on = written.get("enabled") if isinstance(written, Mapping) else None
    return _SERVICES[service].enabled if on is None else on in (True, "true")
