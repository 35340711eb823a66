"""What the real Promtail makes of real log lines: levels, ids, stack traces, and no secrets."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from stack.configs import dump_yaml
from stack.services import promtail
from stack.settings import loading
from tests.engine.log_samples import (
    COLOURED,
    IDS,
    LEVELS,
    NEST_TEXT,
    NEXT,
    SEVERAL_ENTRIES,
    TEXT,
    TRACE,
    TRACES,
)
from tests.engine.secret_samples import HARMLESS, HIDDEN
from tests.engine.waiting import eventually

# Sent after all other lines, it passes all stages that wait: what comes out of it comes out last.
SENTINEL = [TEXT % "  ERROR", "Error: Boom", "    at last (x.js:1:1)"]


@dataclass(frozen=True)
class Entry:
    """What Promtail would push: labels (with the structured metadata among them) and text."""

    labels: Mapping[str, str]
    text: str
    time: str = field(default="", compare=False)


class DryRun:
    """A real Promtail that prints what it would push, with a stream of its own for each case."""

    def __init__(self, image: str, folder: Path, logs: dict[str, Any]) -> None:
        """Start it, with these settings of logs."""
        folder.joinpath("promtail.yml").write_text(configuration(logs))
        self._printed, self._said = folder / "printed", folder / "said"
        with self._printed.open("w") as printed, self._said.open("w") as said:
            self._process = subprocess.Popen(
                [
                    *("docker", "run", "--rm", "--interactive", "--user", "0:0"),
                    *("--network", "none", "--volume", f"{folder}:/check:ro"),
                    *("--entrypoint", "promtail", image),
                    *("-config.file=/check/promtail.yml", "--stdin", "--dry-run"),
                ],
                stdin=subprocess.PIPE,
                stdout=printed,
                stderr=said,
                text=True,
            )

    def __enter__(self) -> DryRun:
        """Use it in a `with`, at whose end it stops."""
        return self

    def __exit__(self, *_: object) -> None:
        """End its input, at which it stops."""
        self._process.communicate(timeout=30)

    def send(self, case: str, lines: list[str]) -> None:
        """Print lines into the stream of a case."""
        assert self._process.stdin
        self._process.stdin.writelines(f"~{case}~{line}\n" for line in lines)
        self._process.stdin.flush()

    def entries(self, case: str, *, at_least: int = 1) -> list[Entry]:
        """Wait until a case's lines have become as many entries, and return them."""

        def found() -> list[Entry]:
            mine = [each for each in self._all() if each.labels.get("case") == case]
            assert len(mine) >= at_least, self._said.read_text()[-2000:]
            return [Entry(_without_case(each), each.text, each.time) for each in mine]

        return eventually(found, seconds=60, what=f"{at_least} entries of {case}")

    def _all(self) -> list[Entry]:
        """Read what it has printed: time, labels and text, in columns made with tabs."""
        time = re.compile(r"^(\d{4}-\d\d-\d\dT[\d:.]+[+-]\d{4})\t*(?=\{)", re.MULTILINE)
        parts = time.split(self._printed.read_text())[1:]
        found = []
        for when, start in zip(parts[::2], parts[1::2], strict=True):
            labels = r"(\{(?:[^\"}]|\"(?:[^\"\\]|\\.)*\")*\})\t*(.*)\n"
            if not (match := re.fullmatch(labels, start, re.DOTALL)):
                break  # it is being printed
            pairs = re.findall(r'(\w+)=("(?:[^"\\]|\\.)*")', match[1])
            # A tab of the text's own became a column, too.
            text = re.sub(r"\t+", "\t", match[2])
            found.append(Entry({name: json.loads(value) for name, value in pairs}, text, when))
        return found


def _without_case(entry: Entry) -> dict[str, str]:
    return {name: value for name, value in entry.labels.items() if name != "case"}


def configuration(logs: dict[str, Any]) -> str:
    """Return Promtail's configuration in the form in which a dry run shows all that it makes."""
    settings = loading.parse(
        "test", {"grafanaAdminPassword": "correct horse", "logs": logs}, is_secret=lambda _key: True
    )
    content = promtail.configuration(settings)
    stages = content["scrape_configs"][0]["pipeline_stages"]
    for stage in stages:
        # It prints labels, but no structured metadata.
        if "structured_metadata" in stage:
            stage["labels"] = stage.pop("structured_metadata")
    # Labels are what makes a stream.
    stages[:0] = [
        {"regex": {"expression": r"^~(?P<case>\w+)~"}},
        {"labels": {"case": ""}},
        {"replace": {"expression": r"^(~\w+~)", "replace": ""}},
    ]
    return dump_yaml(content)


def through_promtail(
    image: str, folder: Path, logs: dict[str, Any], cases: list[list[str]]
) -> list[list[Entry]]:
    """Send each case's lines through the real Promtail, and return what each becomes."""
    with DryRun(image, folder, logs) as dry_run:
        for number, lines in enumerate(cases):
            dry_run.send(str(number), lines)
        for sentinel in ("first", "second"):
            dry_run.send(sentinel, SENTINEL)
            dry_run.entries(sentinel)
        return [dry_run.entries(str(number)) for number in range(len(cases))]


Made = Mapping[tuple[str, ...], list[Entry]]


@pytest.fixture(scope="module")
def made(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Return what each case's lines become, by the lines: one Promtail for all of them."""
    cases = [[line] for line in [*LEVELS, *IDS, *HIDDEN, *HARMLESS, COLOURED]]
    cases += [lines for lines, _ in [*TRACES.values(), *SEVERAL_ENTRIES.values()]]
    cases += [[*lines, NEXT] for lines in NEST_TEXT.values()]
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


@pytest.mark.parametrize("name", NEST_TEXT)
def test_an_error_in_nests_text_is_one_entry_with_its_stack_and_fields(
    name: str, made: Made
) -> None:
    lines = NEST_TEXT[name]
    without_colours = re.sub(r"\x1b\[[\d;]*m", "", "\n".join(lines))
    level = "fatal" if ": fatal" in name else "error"
    # The next line may overtake it.
    found = {entry.text: entry.labels for entry in made[*lines, NEXT]}
    assert found == {without_colours: {"level": level}, NEXT: {"level": "info"}}


@pytest.mark.parametrize("name", SEVERAL_ENTRIES)
def test_below_nests_text_nothing_is_joined_that_may_be_another_line(name: str, made: Made) -> None:
    lines, expected = SEVERAL_ENTRIES[name]
    found = [(entry.text, entry.labels) for entry in made[tuple(lines)]]
    assert sorted(found, key=str) == sorted(((text, labels) for labels, text in expected), key=str)


def test_a_stack_that_comes_later_than_nests_line_is_an_entry_of_its_own_time(
    images: dict[str, str], tmp_path: Path
) -> None:
    with DryRun(images["promtail"], tmp_path, {}) as dry_run:
        dry_run.send("app", [TEXT % "  ERROR"])
        dry_run.entries("app")
        dry_run.send("app", TRACE[:3])
        first, second = dry_run.entries("app", at_least=2)
    assert second == Entry({"level": "error"}, "\n".join(TRACE[:3]))
    assert second.time > first.time


def test_own_patterns_are_replaced_whether_the_built_in_ones_are_or_not(
    images: dict[str, str], tmp_path: Path
) -> None:
    logs = {"redact": False, "redactPatterns": ["card-[0-9]{16}", r"pin (\d{4})"]}
    case = ["password=hunter2 card-4111111111111111 pin 1234"]
    [[entry]] = through_promtail(images["promtail"], tmp_path, logs, [case])
    assert entry.text == "password=hunter2 [redacted] pin [redacted]"
