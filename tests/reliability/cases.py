"""What happens to the stack while lines are printed: each returns when it is over."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import TemporaryFile

from operate import backup
from tests.engine.environment import SERVICES
from tests.engine.waiting import eventually
from tests.reliability.printers import BURST_SECONDS, Printers
from tests.reliability.stage import Stage

_CUT_SECONDS = 45


@dataclass(frozen=True)
class Case:
    """What happens, how the table calls it, and the size and number of each container's files."""

    title: str
    happen: Callable[[Stage, Printers], None]
    files: tuple[str, int] = ("10m", 5)


def _killed(*services: str) -> Callable[[Stage, Printers], None]:
    def happen(stage: Stage, _: Printers) -> None:
        for service in services:
            stage.host.kill(stage.container(service))

    return happen


def _loki_away(stage: Stage, printers: Printers) -> None:
    files = len(stage.host.log_files(printers.names[0]))
    stage.host.docker("stop", stage.container("loki"))
    stage.print_on(printers, stage.outage)
    stage.host.docker("start", stage.container("loki"))
    assert len(stage.host.log_files(printers.names[0])) > files or stage.outage < 120, "no rotation"


def _network_cut(stage: Stage, printers: Printers) -> None:
    link = stage.host.link_of(stage.container("loki"))
    stage.host.switch_link(link, "down")
    stage.print_on(printers, _CUT_SECONDS)
    stage.host.switch_link(link, "up")


def _engine_restarted(stage: Stage, _: Printers) -> None:
    stage.host.restart_engine()


def _configuration(stage: Stage, _: Printers) -> None:
    environment = stage.environment
    changes: tuple[Callable[[], None], ...] = (
        lambda: environment.configure(prometheus={"retentionTime": "10d"}),
        lambda: environment.configure(loki={"retention": "48h"}),
        lambda: environment.configure(promtail={"refreshInterval": "1s"}),
        lambda: _rename_a_panel(stage),
    )
    for change in changes:
        change()
        environment.up().succeeded()


def _rename_a_panel(stage: Stage) -> None:
    path = stage.environment.project / "configs/grafana/dashboards/application.json"
    content = json.loads(path.read_text())
    content["panels"][0]["title"] = "Alive"
    path.write_text(json.dumps(content))


def _backup(stage: Stage, _: Printers) -> None:
    environment = stage.environment
    with TemporaryFile() as output:
        backup.write(stage.host.url, environment.name, environment.config(), output)


def _upgrade(stage: Stage, _: Printers) -> None:
    settings, before = {}, stage.ids()
    for service in SERVICES:
        newer = f"{stage.images[service]}-newer"
        stage.host.docker("commit", stage.container(service), newer)
        settings[service] = {"image": newer}
    stage.environment.configure(**settings)
    stage.environment.up().succeeded()
    assert not set(before) & set(stage.ids()), "a container was not replaced"


def _burst(stage: Stage, printers: Printers) -> None:
    printers.burst()
    alert = 'count(ALERTS{alertname="LinesLost",alertstate="firing"})'
    eventually(lambda: stage.grafana.metric(alert), seconds=300, what="the alert LinesLost")


CASES = {
    "collector-killed": Case("the collector killed (SIGKILL)", _killed("promtail")),
    "loki-killed": Case("Loki killed", _killed("loki")),
    "loki-away": Case("Loki away for {outage} s, with rotation", _loki_away),
    "network-cut": Case(f"the network between them cut for {_CUT_SECONDS} s", _network_cut),
    "grafana-prometheus-killed": Case(
        "Grafana and Prometheus killed", _killed("grafana", "prometheus")
    ),
    "engine-restarted": Case("the engine restarted", _engine_restarted),
    "configuration": Case("a changed configuration of each service, one by one", _configuration),
    "backup": Case("a backup", _backup),
    "upgrade": Case("another image of every service", _upgrade),
    "burst": Case(
        f"{BURST_SECONDS} s of lines at once, into 3 files of 1 MB; until LinesLost fires",
        _burst,
        files=("1m", 3),
    ),
}
