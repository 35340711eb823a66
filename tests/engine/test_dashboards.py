"""Every query of every panel is answered, asked through Grafana as its pages ask."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from stack import dashboards
from tests.engine import docker, talker
from tests.engine.application import JOB, Application, beside
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import Environment
from tests.engine.grafana import Line
from tests.engine.log_samples import NEST
from tests.engine.page import SHOWN_SECONDS, Page
from tests.engine.waiting import eventually

BOARDS = {board["uid"]: board for board in dashboards.load().values()}
FOUND = [(uid, panel) for uid, board in BOARDS.items() for panel in dashboards.panels(board)]
PANELS = [pytest.param(uid, panel, id=f"{uid}-{panel['title']}") for uid, panel in FOUND]
TABLES = [(uid, panel) for uid, panel in FOUND if panel["type"] == "table"]
# A real program with a histogram of another name, whose route has the label `handler`.
RENAMED = {
    "name": "renamed",
    "targets": ["prometheus:9090"],
    "metrics": {"duration": "prometheus_http_request_duration_seconds", "route": "handler"},
}


@pytest.fixture(scope="module")
def environment(make_environment: MakeEnvironment, images: dict[str, str]) -> Environment:
    """Make an environment that scrapes the example application, and one other."""
    made = make_environment()
    made.configure(canary={"enabled": True, "image": images["canary"]})
    made.configure(
        jobs=[JOB, {**RENAMED, "containers": [f"{made.prefix}-wor.*"]}], alerts={"pendingFactor": 0}
    )
    made.up().succeeded()
    return made


@pytest.fixture(scope="module")
def quiet(environment: Environment) -> Iterator[Application]:
    """Run the example application beside it, which nobody has asked anything yet."""
    with beside(environment) as application:
        page = Page(environment.grafana(), "application", {})
        eventually(
            lambda: {"backend", "renamed"} <= set(page.options()["job"]),
            seconds=30,
            what="both jobs among the variable's values",
        )
        yield application


@pytest.fixture(scope="module")
def busy(quiet: Application) -> Application:
    """Make requests of every kind, errors included."""
    quiet.traffic(rate=20, seconds=10)
    for _ in range(5):
        assert quiet.ask("/api/fail") == 500
    return quiet


def page(environment: Environment, uid: str, seconds: int = SHOWN_SECONDS, **chosen: str) -> Page:
    return Page(environment.grafana(), uid, {"job": "backend", **chosen}, seconds)


@pytest.mark.parametrize(("uid", "panel"), PANELS)
@pytest.mark.usefixtures("quiet")
def test_before_the_first_request_a_panel_shows_a_zero_or_says_what_is_absent(
    uid: str, panel: dict[str, Any], environment: Environment
) -> None:
    shown = page(environment, uid)

    def says_something() -> bool:
        answered = shown.answers(panel)
        return any(answered.values()) or bool(panel["fieldConfig"]["defaults"].get("noValue"))

    # What rules record is there after two looks at them, half a minute apart.
    eventually(says_something, seconds=90, what=f"something to see in '{panel['title']}'")


def test_the_first_twenty_requests_of_a_route_are_twenty_errors_where_all_fail(
    environment: Environment, quiet: Application
) -> None:
    grafana = environment.grafana()
    for _ in range(20):
        assert quiet.ask("/api/fail") == 500
    series = 'http_request_duration_seconds_count{job="backend",route="/api/fail"}'
    growth = f"max_over_time({series}[5m]) - min_over_time({series}[5m])"
    eventually(lambda: grafana.metric(growth) == 20, seconds=40, what="a series from 0 to 20")
    # What ErrorRatioHigh compares with its least number of errors.
    errors = 'sum(job:http_errors:rate5m{job="backend"}) * 300'
    eventually(lambda: (grafana.metric(errors) or 0) >= 20, seconds=90, what="20 errors")
    titled = {panel["title"]: panel for panel in dashboards.panels(BOARDS["application"])}
    shown = page(environment, "application")

    def all_failed() -> bool:
        lines = shown.answers(titled["Errors by route"])["B"]
        return max(value or 0 for line in lines for value in line) == 1

    eventually(all_failed, seconds=60, what="a route of which all requests failed")


@pytest.mark.parametrize(("uid", "panel"), PANELS)
@pytest.mark.usefixtures("busy")
def test_with_traffic_every_query_of_every_panel_returns_values(
    uid: str, panel: dict[str, Any], environment: Environment
) -> None:
    shown = page(environment, uid)

    def all_answered() -> bool:
        empty = [letter for letter, frames in shown.answers(panel).items() if not frames]
        assert not empty, f"{panel['title']}: no values for {empty}"
        return True

    eventually(all_answered, seconds=30, what=f"values for '{panel['title']}'")


@pytest.mark.parametrize(("uid", "panel"), TABLES)
@pytest.mark.usefixtures("busy")
def test_a_table_has_a_number_also_for_what_was_only_asked_before_the_shown_time(
    uid: str, panel: dict[str, Any], environment: Environment
) -> None:
    assert page(environment, uid).not_numbers(panel) == []
    shown = page(environment, uid, seconds=10)
    if uid == "application":
        eventually(
            lambda: [0] in shown.answers(panel)["A"],
            seconds=30,
            what="a route that nobody asks any more",
        )
    assert shown.not_numbers(panel) == []


@pytest.mark.usefixtures("busy")
def test_the_alert_on_errors_names_the_route_that_fails_in_grafana_too(
    environment: Environment,
) -> None:
    def texts() -> list[str]:
        found = environment.grafana().ask("/api/prometheus/grafana/api/v1/alerts")["data"]["alerts"]
        return [
            alert["annotations"]["description"]
            for alert in found
            if alert["labels"]["alertname"] == "ErrorRatioHigh" and alert["labels"].get("job")
        ]

    [text] = eventually(texts, seconds=120, what="the alert on the errors")
    assert text.endswith("ended with a 5xx status. Most of them: /api/fail.")


@pytest.mark.parametrize("uid", BOARDS)
@pytest.mark.usefixtures("busy")
def test_each_variable_has_values(uid: str, environment: Environment) -> None:
    options = page(environment, uid).options()
    assert set(options) >= {"job", "instance", "container"}
    assert all(options.values()), options


@pytest.mark.parametrize("uid", BOARDS)
def test_grafana_holds_each_dashboard_as_it_lies_in_its_file(
    uid: str, environment: Environment
) -> None:
    held = page(environment, uid).dashboard()
    own = {key: value for key, value in held.items() if key not in ("id", "version")}
    assert own == {key: value for key, value in BOARDS[uid].items() if key != "version"}


def test_one_click_from_the_errors_shows_the_backends_error_lines_only(
    environment: Environment, busy: Application
) -> None:
    shown = page(environment, "logs", container=busy.container("backend"), level="error|fatal")
    panels = {panel["title"]: panel for panel in dashboards.panels(BOARDS["logs"])}
    assert shown.answers(panels["Containers"]) == {"A": [[1]]}

    def lines() -> bool:
        [[count]] = shown.answers(panels["Log lines"])["A"]
        return bool(count >= 5)

    # `Payment refused`, and the trace of `/api/fail`, which was asked five times.
    eventually(lines, seconds=30, what="the lines of the five failures")


def test_each_job_shows_the_error_lines_and_alerts_of_its_own_containers(
    environment: Environment, busy: Application
) -> None:
    worker = talker.start(f"{environment.prefix}-worker", f"echo '{NEST % 'error'}'; sleep 600")
    # Its name and service are those of no target, and no setting names it.
    talker.start(f"{environment.prefix}-stranger", f"echo '{NEST % 'error'}'; sleep 600")
    titled = {panel["title"]: panel for panel in dashboards.panels(BOARDS["application"])}

    def containers(job: str) -> set[tuple[str, str]]:
        """Return the names and Compose services of those whose lines a job shows."""
        shown = page(environment, "application", job=job)
        [target] = titled["Last error lines"]["targets"]
        lines = environment.grafana().lines(shown.question(target), SHOWN_SECONDS)
        assert shown.answers(titled["Error lines"])["A"] == [[len(lines)]]
        return {(line.labels["container"], line.labels.get("service", "")) for line in lines}

    def backends() -> set[tuple[str, str]]:
        found = containers("backend")
        assert (busy.container("backend"), "backend") in found
        return found

    eventually(
        lambda: containers("renamed") == {(worker, "")}, seconds=60, what="the worker's line only"
    )
    found = eventually(backends, seconds=60, what="the backend's lines")
    # The error ratio of the backend is one; the other job has none.
    alerts = {job: page(environment, "application", job=job) for job in ("backend", "renamed")}
    eventually(
        lambda: alerts["backend"].answers(titled["Alerts"])["A"][0][0] >= 1,
        seconds=90,
        what="the backend's alert",
    )
    assert alerts["renamed"].answers(titled["Alerts"])["A"] == [[0]]
    # Another application beside this one may have a service of the name.
    assert {service for _, service in found} == {"backend"}


@pytest.mark.usefixtures("quiet")
def test_a_histogram_of_another_name_arrives_under_the_contracts(environment: Environment) -> None:
    grafana = environment.grafana()
    ours = 'http_request_duration_seconds_count{job="renamed",route="/metrics"}'
    eventually(lambda: grafana.metric(f"sum({ours})"), seconds=20, what="the renamed histogram")
    assert (
        grafana.metric('count({job="renamed",__name__=~"prometheus_http_request_duration.+"})')
        is None
    )
    assert grafana.metric('count(http_request_duration_seconds_count{handler!=""})') is None


@pytest.mark.usefixtures("busy")
def test_grafanas_log_tells_no_error_of_a_dashboard_or_a_query(environment: Environment) -> None:
    lines = [
        json.loads(line)
        for line in docker.logs(environment.container("grafana")).splitlines()
        if line.startswith("{")
    ]
    errors = [line for line in lines if line["level"] == "error"]
    # The lab's Grafana has no pages, and says so; the alerts have tests of their own. At its very
    # first start two parts of Grafana may create the organization at once: one is told so.
    others = [e for e in errors if not e["logger"].startswith(("settings", "ngalert"))]
    assert [e for e in others if e.get("err") != "UNIQUE constraint failed: org.id"] == []


def test_nests_json_reads_as_text_with_the_line_as_it_was_printed_beside(
    environment: Environment, busy: Application
) -> None:
    panels = {panel["title"]: panel for panel in dashboards.panels(BOARDS["logs"])}
    [target] = panels["The lines"]["targets"]
    container = busy.container("backend")
    _, _, written = target["expr"].partition(" | label_format ")
    asked = f'{{container="{container}",level="error"}} | label_format {written}'

    def traces() -> list[Line]:
        lines = environment.grafana().lines(asked)
        return [line for line in lines if "\n    at " in line.text]

    for line in eventually(traces, seconds=30, what="a stack with line breaks"):
        printed = json.loads(line.labels["raw"])
        assert line.text.startswith(f"[{printed['context']}] {printed['message']}\nError: ")
