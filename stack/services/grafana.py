"""Grafana: shows metrics and logs; data sources and dashboards are provisioned from files."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

from stack import dashboards
from stack.alerts import grafana as alerting
from stack.configs import dump_ini, dump_json, dump_yaml, load_ini, load_yaml, read_text
from stack.service import Backup, Entry, File, Health, Hold, Port, Service
from stack.settings.model import Network, Settings

PORT = 3000
_FOLDER = "/etc/grafana"
_START = f"{_FOLDER}/start.sh"
# start.sh makes it once the administrator's password is the settings' one.
_READY = "/tmp/password-is-set"  # noqa: S108 - in the container, whose only user is Grafana


def describe(settings: Settings) -> Service:
    """Describe Grafana. The user is the image's own.

    The administrator's password from the environment counts only for a new database, so start.sh
    sets it where it has changed. GOMEMLIMIT is not set as a variable beside the secret, which would
    hide it from previews, but in start.sh's arguments. It is 60 % of the memory: since Grafana 13
    each data source is a program of its own, with 22 to 38 MB beside the server's.
    """
    own = settings.grafana
    return Service(
        name="grafana",
        image=own.image,
        user="472:0",
        entrypoint=("/bin/sh", _START),
        command=(f"{own.memory.mebibytes * 60 // 100}MiB",),
        files=_files(settings),
        volume="/var/lib/grafana",
        health=Health(
            ("sh", "-c", f"test -e {_READY} && curl -fsS http://localhost:{PORT}/api/health")
        ),
        memory=own.memory,
        stop_seconds=30,
        # A new version may have to move its whole database to another form.
        start_seconds=300,
        ports=(Port(settings.bind_address, own.port, PORT),),
        own_networks=(Network.INTERNAL, Network.GRAFANA),
        secrets={
            "GF_SECURITY_ADMIN_PASSWORD": settings.grafana_admin_password,
            **alerting.variables(settings),
        },
    )


def _files(settings: Settings) -> tuple[File, ...]:
    return (
        File(f"{_FOLDER}/grafana.ini", _ini(settings)),
        File(_START, read_text("grafana/start.sh")),
        File(
            f"{_FOLDER}/provisioning/datasources/datasources.yml",
            dump_yaml(_data_sources(settings)),
        ),
        File(
            f"{_FOLDER}/provisioning/dashboards/dashboards.yml",
            dump_yaml(load_yaml(dashboards.PROVIDERS)),
        ),
        *alerting.files(settings),
        *(
            File(f"{_FOLDER}/dashboards/{PurePath(name).name}", dump_json(content))
            for name, content in dashboards.load(settings.services).items()
        ),
    )


def _ini(settings: Settings) -> str:
    ini = load_ini("grafana/grafana.ini")
    ini["server"]["root_url"] = f"{settings.url(settings.grafana.port)}/"
    alerting.set_mail(ini, settings)
    return dump_ini(ini)


def _data_sources(settings: Settings) -> dict[str, Any]:
    """Tell the Prometheus source the scrape interval: rates over less than it would be empty."""
    content: dict[str, Any] = load_yaml("grafana/provisioning/datasources/datasources.yml")
    [prometheus] = [source for source in content["datasources"] if source["type"] == "prometheus"]
    prometheus["jsonData"]["timeInterval"] = str(settings.prometheus.scrape_interval)
    return content


ENTRY = Entry(
    "grafana",
    describe,
    # 14 s when it was measured.
    absence="about 15 s without pages and alert notifications",
    data="Grafana's users, and the dashboards and settings that were saved by hand",
    # Silences are written at the end, and every 15 minutes.
    backup=Backup(Hold.STOP, ("grafana", "server", "-v")),
)
