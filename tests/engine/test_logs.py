"""Logs as a person in Grafana finds them: by level, by request, whole, and without secrets."""

from __future__ import annotations

import base64
import json
import secrets
import urllib.parse
from collections import Counter

import pytest

from tests.engine import talker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import Environment
from tests.engine.grafana import Line
from tests.engine.log_samples import ACCESS, NEST, PINO, TRACE
from tests.engine.waiting import eventually

SECRET = f"s3cret{secrets.token_hex(8)}"
BASIC = base64.b64encode(f"admin:{SECRET}".encode()).decode()
REQUEST = f"req-{secrets.token_hex(8)}"
PRINTED = [
    *(NEST % word for word in ("log", "error", "debug")),
    *(PINO % number for number in (30, 40, 60)),
    *(ACCESS % status for status in (200, 404, 502)),
    "a format that nobody knows",
    *TRACE[:3],
    f'{{"level":"log","message":"signing in","password":"{SECRET}","requestId":"{REQUEST}"}}',
    f'{{"level":"log","message":"{{\\"token\\":\\"{SECRET}\\"}}"}}',
    f"level=info msg=x api_key={SECRET} url=redis://:{SECRET}@redis:6379",
    f"Authorization: Basic {BASIC}",
    f"Cookie: theme=dark; sid={SECRET}",
]
LONG = "x" * 40_000


@pytest.fixture(scope="module")
def environment(make_environment: MakeEnvironment) -> Environment:
    """Make an environment that labels its lines, and leaves some containers out."""
    made = make_environment()
    made.configure(labels={"place": made.name}, logs={"excludeNames": [".*-private[0-9]"]})
    made.up().succeeded()
    return made


@pytest.fixture(scope="module")
def container(environment: Environment) -> str:
    """Run a container that prints them, and afterwards a line to know the end by."""
    text = "\n".join(PRINTED)
    # Docker cuts a line after 16 KB, and the shell is not given more than 128 KB.
    script = f"cat <<'END'\n{text}\n{LONG}\nthe end\nEND\nsleep 3600"
    name = talker.start(f"{environment.prefix}-printer", script)
    grafana = environment.grafana()
    query = f'{{container="{name}"}} |= `the end`'
    eventually(lambda: grafana.lines(query), seconds=10, what="the printer's last line")
    return name


@pytest.fixture(scope="module")
def lines(environment: Environment, container: str) -> list[Line]:
    """Give what Grafana's Loki source has of it."""
    return environment.grafana().lines(f'{{container="{container}"}}')


def test_each_line_has_the_level_of_its_format(lines: list[Line]) -> None:
    levels = Counter(line.labels.get("level") for line in lines)
    assert levels == {"info": 6, "error": 3, "debug": 1, "warn": 2, "fatal": 1, None: 5}


def test_the_errors_are_found_by_their_label(environment: Environment, container: str) -> None:
    found = environment.grafana().lines(f'{{container="{container}", level="error"}}')
    assert {line.text for line in found} == {
        NEST % "error",
        ACCESS % 502,
        "\n".join(TRACE[:3]),
    }


def test_labels_stay_few(lines: list[Line]) -> None:
    added_by_loki = {"service_name", "detected_level", "__error__", "__error_details__"}
    names = {name for line in lines for name in line.labels} - added_by_loki
    assert names == {"container", "stream", "level", "request_id", "place"}


def test_no_line_of_a_container_that_is_left_out_reaches_loki(environment: Environment) -> None:
    word = f"word-{secrets.token_hex(8)}"
    printed = [word, NEST.replace("Hello", word) % "error", f"{word}: Error: Boom", *TRACE[1:3]]
    text = "\n".join(printed)
    script = f"cat <<'END'\n{text}\nEND\necho {word} >&2; sleep 3600"
    name = talker.start(f"{environment.prefix}-private1", script)
    grafana = environment.grafana()

    def dropped() -> bool:
        count = grafana.metric('logentry_dropped_lines_total{reason="excluded"}')
        assert count == len(printed) + 1
        return True

    eventually(dropped, seconds=15, what="as many lines dropped as were printed")
    assert not grafana.lines(f'{{place="{environment.name}"}} |= `{word}`')
    assert not grafana.lines(f'{{container="{name}"}}')


def test_a_query_leaves_no_error_in_lokis_own_log(environment: Environment) -> None:
    # Loki, where no lines can be deleted by request, complains of that at each query.
    grafana, loki = environment.grafana(), environment.container("loki")
    grafana.lines("{container=~`.+`}")
    counted = 'logentry_dropped_lines_total{reason="deletion_is_off"}'
    eventually(lambda: grafana.metric(counted), seconds=15, what="a complaint that is dropped")
    assert not grafana.lines(f'{{container="{loki}"}} |= `deletion is not available`')


def test_a_line_longer_than_docker_writes_at_once_is_whole(lines: list[Line]) -> None:
    assert LONG in [line.text for line in lines]


def test_a_secret_is_nowhere_in_loki(environment: Environment, lines: list[Line]) -> None:
    assert lines
    grafana = environment.grafana()
    for word in (SECRET, BASIC, base64.b64encode(SECRET.encode()).decode().rstrip("=")):
        assert grafana.lines(f'{{container=~".+"}} |= `{word}`') == []
    assert not [line for line in lines if SECRET in str(line) or BASIC in str(line)]


def test_all_lines_of_a_request_are_found_by_its_id_whatever_container_printed_them(
    environment: Environment, container: str
) -> None:
    script = f"echo 'level=info msg=shipped request_id={REQUEST}'; sleep 3600"
    other = talker.start(f"{environment.prefix}-other", script)
    grafana = environment.grafana()

    def containers() -> bool:
        found = grafana.lines(f'{{container=~".+"}} | request_id=`{REQUEST}`')
        return {line.labels["container"] for line in found} == {container, other}

    eventually(containers, seconds=10, what="the request's lines of both containers")


def test_a_click_on_an_id_asks_for_its_lines(environment: Environment, container: str) -> None:
    grafana = environment.grafana()
    source = grafana.ask("/api/datasources/uid/loki")
    links = {link["matcherRegex"]: link["url"] for link in source["jsonData"]["derivedFields"]}
    assert set(links) == {"^request_id$", "^trace_id$"}
    address = urllib.parse.urlsplit(links["^request_id$"].replace("${__value.raw}", REQUEST))
    assert address.path == "/explore"
    [pane] = json.loads(urllib.parse.parse_qs(address.query)["panes"][0]).values()
    assert pane["datasource"] == source["uid"]
    found = grafana.lines(pane["queries"][0]["expr"])
    assert container in {line.labels["container"] for line in found}


def test_promtail_counts_the_lines_with_their_labels(
    environment: Environment, container: str
) -> None:
    counter = f'promtail_custom_log_lines_total{{container="{container}",stream="stdout"'

    def counted() -> bool:
        grafana = environment.grafana()
        return (
            grafana.metric(f'{counter},level="error"}}') == 3
            and grafana.metric(f'{counter},level=""}}') == 5
        )

    eventually(counted, seconds=10, what="three errors and five unknown lines counted")
