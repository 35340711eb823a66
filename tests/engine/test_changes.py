"""A change touches what it names, and loses nothing that was there or is printed meanwhile."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.engine import docker, talker
from tests.engine.environment import SERVICES, Environment
from tests.engine.waiting import eventually

SAVED = {"dashboard": {"uid": "by-hand", "title": "Saved by hand", "panels": []}, "overwrite": True}


@dataclass(frozen=True)
class Change:
    """A change of one setting or file, how the preview shows it, and whose containers it takes."""

    make: Callable[[Environment], None]
    shown: tuple[str, ...]
    replaces: tuple[str, ...]


def _scrape_interval(environment: Environment) -> None:
    environment.configure(prometheus={"scrapeInterval": "2s"})


def _log_retention(environment: Environment) -> None:
    environment.configure(loki={"retention": "48h"})


def _sample_retention(environment: Environment) -> None:
    environment.configure(prometheus={"retentionTime": "10d"})


def _discovery(environment: Environment) -> None:
    environment.configure(promtail={"refreshInterval": "1s"})


def _dashboard(environment: Environment) -> None:
    path = environment.project / "configs/grafana/dashboards/application.json"
    content = json.loads(path.read_text())
    content["panels"][0]["title"] = "Alive"
    path.write_text(json.dumps(content))


CHANGES = {
    "retention of samples": Change(_sample_retention, ("time", "15d", "10d"), ("prometheus",)),
    # Promtail sends no line that Loki would refuse as too old.
    "retention of logs": Change(
        _log_retention, ("retention_period", "14d", "48h"), ("loki", "promtail")
    ),
    "discovery": Change(_discovery, ("refresh_interval", "2s", "1s"), ("promtail",)),
    "dashboard": Change(_dashboard, ("title", "Up", "Alive"), ("grafana",)),
}


@pytest.fixture(scope="module")
def clock(environment: Environment) -> str:
    """Print a numbered line ten times a second for as long as the module runs."""
    name = f"{environment.prefix}-clock"
    return talker.start(name, "i=0; while :; do echo tick $i; i=$((i+1)); sleep 0.1; done")


def ticks(environment: Environment, clock: str) -> list[int]:
    """Return the numbers of the lines that Loki has, sorted, each once."""
    found = environment.grafana().lines(f'{{container="{clock}"}}')
    return sorted({int(line.text.split()[1]) for line in found})


def marks(environment: Environment) -> list[str]:
    """Return what the deploys' marks on the dashboards say that they did, the newest first."""
    found = environment.grafana().ask(f"/api/annotations?tags=deploy&tags={environment.name}")
    return [mark["text"].splitlines()[1] for mark in found]


def test_an_up_leaves_a_mark_on_the_dashboards_unless_it_changes_nothing(
    environment: Environment,
) -> None:
    environment.up("--expect-no-changes").succeeded()
    assert marks(environment) == ["replaced: grafana, loki, prometheus, promtail"]


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_one_thing_shows_as_it_replaces_who_reads_it_and_loses_nothing(
    name: str, environment: Environment, clock: str
) -> None:
    change = CHANGES[name]
    grafana = environment.grafana()
    grafana.ask("/api/dashboards/db", SAVED)
    eventually(lambda: ticks(environment, clock), seconds=20, what="the first lines")
    oldest = grafana.metric("min(min_over_time(timestamp(up)[1h:1s]))")
    before = environment.ids()
    deploys = marks(environment)

    change.make(environment)
    diff = environment.preview("--diff").succeeded().text
    changed = [line for line in diff.splitlines() if line.lstrip().startswith(("~ ", "+ ", "- "))]
    environment.up().succeeded()
    after = environment.ids()
    last = int(docker.logs(clock).splitlines()[-1].split()[1])

    assert any(all(word in line for word in change.shown) for line in changed), diff
    assert [s for s in SERVICES if before[s] != after[s]] == list(change.replaces)
    assert marks(environment) == [f"replaced: {', '.join(change.replaces)}", *deploys]
    grafana = environment.grafana()
    assert grafana.ask("/api/dashboards/uid/by-hand")["dashboard"]["title"] == "Saved by hand"
    assert grafana.metric("min(min_over_time(timestamp(up)[1h:1s]))") == oldest
    eventually(
        lambda: last in ticks(environment, clock), seconds=20, what="the last line of the change"
    )
    assert ticks(environment, clock)[: last + 1] == list(range(last + 1))


def test_a_changed_scrape_interval_is_told_to_prometheus_and_to_grafanas_data_source(
    environment: Environment,
) -> None:
    """Without the second, a rate over the shortest interval would find too few samples."""
    before = environment.ids()
    _scrape_interval(environment)
    diff = environment.preview("--diff").succeeded().text
    environment.up().succeeded()
    after = environment.ids()
    assert '"1s" => "2s"' in diff
    assert "[secret] => [secret]" not in diff
    assert [s for s in SERVICES if before[s] != after[s]] == ["prometheus", "grafana"]
    assert (
        environment.grafana().metric("max(max_over_time(promtail_custom_lines_lost_total[15m]))")
        == 0
    )
