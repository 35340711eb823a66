"""The command line: each command has options of its own, and fails in one sentence."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.paths import ROOT
from commands import __main__ as command_line
from operate.stacks import Stack
from review import reports
from setup.command import Command

PARSER = command_line.parser(command_line.COMMANDS)


def test_every_make_target_runs_a_command_with_options_that_it_takes() -> None:
    recipes = re.findall(r"^\t@\$\(RUN\) (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(recipes) > 15
    for recipe in recipes:
        with_switches = re.sub(r"\$\(if \$\((?:filter \w+,)?\$?\(?\w+\)+,(.*?)\)", r"\1", recipe)
        PARSER.parse_args(re.sub(r'"?\$\(\w+\)"?', "dev", with_switches).split())


@pytest.mark.parametrize("command", command_line.COMMANDS, ids=lambda command: command.name)
def test_the_help_of_a_command_shows_its_own_options_and_no_other(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        PARSER.parse_args([command.name, "--help"])
    said = capsys.readouterr().out
    assert set(re.findall(r"--([a-z-]+)", said.partition("options:")[2])) == {
        "help",
        *(option.name for option in command.options),
    }
    assert said.partition("\n\n")[2].strip()[0].isupper(), "it says what the command does"


@pytest.mark.parametrize(
    "words", [["check", "--stack", "dev"], ["verify", "--output", "x"], ["new-env"], ["nonsense"]]
)
def test_an_option_that_a_command_does_not_take_is_refused(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        PARSER.parse_args(words)
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["verify", "--stack", "prdo"], "error: there is no environment 'prdo', only "),
        (["runner", "--stack", "prod"], "error: this job is not given PULUMI_CONFIG_PASSPHRASE"),
    ],
)
def test_a_problem_is_one_sentence_without_a_traceback(words: list[str], problem: str) -> None:
    env = {"PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "commands", *words]
    run = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].startswith(problem)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_what_a_terminal_cannot_show_is_replaced_there_and_is_whole_in_the_file(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal, file = io.BytesIO(), tmp_path / "preview.md"
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(terminal, encoding))
    monkeypatch.setenv("PATH", "")
    command_line.show_any_character()
    reports.show(Stack("prod", {}), str(file), lambda _stack: ("3000 → 3001", 0))
    sys.stdout.flush()
    assert file.read_text(encoding="utf-8") == "3000 → 3001"
    assert terminal.getvalue() == "3000 → 3001".encode(encoding, "replace")


def test_no_variable_of_the_makefile_has_two_defaults() -> None:
    defaults = re.findall(r"^(\w+) \?=", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert sorted(defaults) == sorted(set(defaults))
