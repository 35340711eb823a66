"""What the real Promtail makes of real log lines: levels, ids, stack traces, and no secrets."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stack.configs import dump_yaml
from stack.services import promtail
from stack.settings import loading
from tests.engine.log_samples import COLOURED, IDS, LEVELS, TRACES
from tests.engine.secret_samples import HARMLESS, HIDDEN


@dataclass(frozen=True)
class Entry:
    """What Promtail would push: labels (with the structured metadata among them) and text."""

    labels: Mapping[str, str]
    text: str


def configuration(logs: dict[str, Any]) -> str:
    """Give Promtail's configuration in the form in which a dry run shows all that it makes."""
    settings = loading.parse(
        "test", {"grafanaAdminPassword": "correct horse", "logs": logs}, is_secret=lambda _key: True
    )
    content = promtail.configuration(settings)
    for stage in content["scrape_configs"][0]["pipeline_stages"]:
        # It prints labels, but no structured metadata.
        if "structured_metadata" in stage:
            stage["labels"] = stage.pop("structured_metadata")
    return dump_yaml(content)


def entries(printed: str) -> list[Entry]:
    """Read what a dry run prints: time, labels and text, in columns made with tabs.

    It ends at a line that is not whole: Promtail stops printing when it has read all.
    """
    time = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+[+-]\d{4}\t*(?=\{)", re.MULTILINE)
    found = []
    for start in time.split(printed)[1:]:
        match = re.fullmatch(r"(\{(?:[^\"}]|\"(?:[^\"\\]|\\.)*\")*\})\t*(.*)\n", start, re.DOTALL)
        if not match:
            break
        labels = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*")', match[1])
        # A tab of the text's own became a column, too.
        text = re.sub(r"\t+", "\t", match[2])
        found.append(Entry({name: json.loads(value) for name, value in labels}, text))
    return found


def through_promtail(
    image: str, folder: Path, logs: dict[str, Any], cases: list[list[str]]
) -> list[list[Entry]]:
    """Send each case's lines through the real Promtail, and give what each becomes."""
    folder.joinpath("promtail.yml").write_text(configuration(logs))
    line = "~~ {} ~~"
    lines = [text for i, case in enumerate(cases) for text in (line.format(i), *case)]
    done = subprocess.run(
        [
            *("docker", "run", "--rm", "--interactive", "--user", "0:0", "--network", "none"),
            *("--volume", f"{folder}:/check:ro", "--entrypoint", "promtail", image),
            *("-config.file=/check/promtail.yml", "--stdin", "--dry-run"),
        ],
        input="\n".join([*lines, line.format("end"), "~~ last ~~"]) + "\n",
        capture_output=True,
        text=True,
        check=False,
    )
    found = entries(done.stdout)
    places = {entry.text: i for i, entry in enumerate(found) if entry.text.startswith("~~ ")}
    assert line.format("end") in places, done.stdout + done.stderr
    bounds = [places[line.format(i)] for i in range(len(cases))] + [places[line.format("end")]]
    return [found[a + 1 : b] for a, b in itertools.pairwise(bounds)]


Made = Mapping[tuple[str, ...], list[Entry]]


@pytest.fixture(scope="module")
def made(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Give what each case's lines become, by the lines: one Promtail for all of them."""
    cases = [[line] for line in [*LEVELS, *IDS, *HIDDEN, *HARMLESS, COLOURED]]
    cases += [lines for lines, _ in TRACES.values()]
    found = through_promtail(images["promtail"], tmp_path_factory.mktemp("promtail"), {}, cases)
    return {tuple(case): result for case, result in zip(cases, found, strict=True)}


@pytest.mark.parametrize("line", LEVELS)
def test_every_known_format_gets_one_of_five_levels_and_an_unknown_none(
    line: str, made: Made
) -> None:
    [entry] = made[line,]
    assert entry.labels.get("level") == LEVELS[line]
    assert entry.text == line


def test_colours_are_taken_out(made: Made) -> None:
    [entry] = made[COLOURED,]
    assert entry.labels == {"level": "info"}
    assert entry.text == "[Nest] 1  - 11/24/2026, 3:05:00 PM     LOG [App] Hello +2ms"


@pytest.mark.parametrize("line", IDS)
def test_request_and_trace_ids_are_found(line: str, made: Made) -> None:
    [entry] = made[line,]
    assert {k: v for k, v in entry.labels.items() if k != "level"} == IDS[line]


@pytest.mark.parametrize("line", HIDDEN)
def test_a_secret_is_taken_out_and_json_stays_json(line: str, made: Made) -> None:
    [entry] = made[line,]
    assert entry.text == HIDDEN[line]
    if line.startswith('{"') and line.endswith("}"):
        json.loads(entry.text)


@pytest.mark.parametrize("line", HARMLESS)
def test_a_harmless_line_is_left_alone(line: str, made: Made) -> None:
    [entry] = made[line,]
    assert entry.text == line


@pytest.mark.parametrize("name", TRACES)
def test_a_stack_trace_is_one_entry_and_nothing_else_is_joined(name: str, made: Made) -> None:
    lines, expected = TRACES[name]
    assert [(entry.labels, entry.text) for entry in made[tuple(lines)]] == expected


def test_own_patterns_are_replaced_whether_the_built_in_ones_are_or_not(
    images: dict[str, str], tmp_path: Path
) -> None:
    logs = {"redact": False, "redactPatterns": ["card-[0-9]{16}", r"pin (\d{4})"]}
    case = ["password=hunter2 card-4111111111111111 pin 1234"]
    [[entry]] = through_promtail(images["promtail"], tmp_path, logs, [case])
    assert entry.text == "password=hunter2 [redacted] pin [redacted]"
