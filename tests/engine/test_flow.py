"""Data flows from the application to what Grafana's data sources answer."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator

import pytest

from tests.engine import docker, talker
from tests.engine.application import JOB, Application, beside
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import Environment
from tests.engine.waiting import eventually

FOUND_WITHIN_SECONDS = 10


@pytest.fixture(scope="module")
def environment(make_environment: MakeEnvironment) -> Environment:
    """Make an environment that scrapes the example application."""
    made = make_environment()
    made.configure(jobs=[JOB])
    made.up().succeeded()
    return made


@pytest.fixture(scope="module")
def application(environment: Environment) -> Iterator[Application]:
    """Run the example application beside it."""
    with beside(environment) as running:
        yield running


def test_requests_through_the_proxy_are_counted_exactly(
    environment: Environment, application: Application
) -> None:
    grafana = environment.grafana()

    def count(labels: dict[str, str]) -> float:
        selector = ",".join(f'{name}="{value}"' for name, value in labels.items())
        metric = f'http_request_duration_seconds_count{{job="backend",{selector}}}'
        return grafana.metric(metric) or 0

    def scraped() -> bool:
        return grafana.metric('up{job="backend"}') == 1

    eventually(scraped, seconds=20, what="the backend scraped")
    made = application.traffic(rate=40, seconds=5)["backend"]
    assert {entry["status_code"] for entry in made} >= {"200", "403", "404", "500"}

    def counted() -> bool:
        assert [count(_labels(entry)) for entry in made] == [entry["count"] for entry in made]
        return True

    eventually(counted, seconds=10, what="every request counted, by route and status")
    before = count({"route": "/api/items"})
    for _ in range(7):
        assert application.ask("/api/items") == 200
    eventually(
        lambda: count({"route": "/api/items"}) == before + 7, seconds=10, what="seven requests"
    )


def _labels(entry: dict[str, str]) -> dict[str, str]:
    return {name: entry[name] for name in ("method", "route", "status_code")}


@pytest.mark.parametrize("service", ["backend", "frontend", "proxy"])
def test_a_line_of_the_application_is_found_under_its_container(
    service: str, environment: Environment, application: Application
) -> None:
    word = f"word-{secrets.token_hex(8)}"
    if service == "backend":
        application.ask("/api/log", {"message": word})
    else:
        application.ask(f"/{word}")
    container = application.container(service)
    labels = found(environment, f'{{container="{container}"}} |= `{word}`')
    assert labels["container"] == container
    assert labels["service"] == service
    assert labels["project"] == application.project
    assert labels["stream"] in ("stdout", "stderr")


def test_the_example_is_left_alone_where_nothing_of_it_has_changed(
    application: Application,
) -> None:
    def started() -> list[str]:
        names = [application.container(name) for name in ("backend", "frontend", "proxy")]
        return [docker.inspect(name)["State"]["StartedAt"] for name in names]

    before = started()
    application.up()
    assert started() == before


def test_a_container_that_starts_after_the_stack_is_found_with_its_first_line(
    environment: Environment,
) -> None:
    word = f"word-{secrets.token_hex(8)}"
    name = talker.start(f"{environment.prefix}-late", f"echo first {word}; sleep 600")
    assert found(environment, f'{{container="{name}"}} |= `first {word}`')["container"] == name


def test_both_streams_are_read_and_told_apart(environment: Environment) -> None:
    name = f"{environment.prefix}-streams"
    talker.start(name, "echo to the one; echo to the other >&2; sleep 600")
    assert found(environment, f'{{container="{name}", stream="stdout"}} |= `the one`')
    assert found(environment, f'{{container="{name}", stream="stderr"}} |= `the other`')


def test_a_new_promtail_goes_on_where_the_old_one_stopped(environment: Environment) -> None:
    name = talker.start(f"{environment.prefix}-before", "echo once; sleep 600")
    query = f'{{container="{name}"}}'
    found(environment, query)
    docker.docker("restart", environment.container("promtail"))
    later = talker.start(f"{environment.prefix}-after", "echo afterwards; sleep 600")
    found(environment, f'{{container="{later}"}}')
    assert len(environment.grafana().lines(query)) == 1


def test_many_lines_at_once_are_stored_each_once(environment: Environment) -> None:
    name = f"{environment.prefix}-flood"
    script = "i=0; while [ $i -lt 20000 ]; do echo line $i of many; i=$((i+1)); done; sleep 600"
    talker.start(name, script)
    grafana = environment.grafana()

    def stored() -> bool:
        frames = grafana.lines(f'{{container="{name}"}} |= `line 19999 of many`')
        return len(frames) == 1

    eventually(stored, seconds=30, what="the last of 20,000 lines at once")
    counted = grafana.number(f'sum(count_over_time({{container="{name}"}}[1h]))')
    assert counted == 20_000


def found(environment: Environment, query: str) -> dict[str, str]:
    """Wait until Grafana's Loki source gives a line, and give its labels."""
    grafana = environment.grafana()
    start = time.monotonic()
    lines = eventually(
        lambda: grafana.lines(query), seconds=FOUND_WITHIN_SECONDS, what=f"a line for {query}"
    )
    print(f"found after {time.monotonic() - start:.1f} s: {query}")
    return lines[0].labels
