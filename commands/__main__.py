"""The command line. `python3 -m bootstrap` makes the virtual environment that it runs in."""

from __future__ import annotations

import argparse
import inspect
import io
import sys
from collections.abc import Iterable

from bootstrap import debian
from bootstrap.progress import exit_code
from commands import testing
from operate import (
    backup,
    down,
    environments,
    new_environment,
    rehearsal,
    restore,
    sample_alert,
    schedule,
    shell,
    up,
    verification,
)
from operate.preflight import command as preflight
from review import changed_environments, github, github_runner, reports
from setup import local_builds, pulumi_cli
from setup.command import Command

COMMANDS = (
    *(*up.COMMANDS, down.COMMAND, shell.COMMAND, new_environment.COMMAND),
    *(preflight.COMMAND, verification.COMMAND, sample_alert.COMMAND),
    *(backup.COMMAND, restore.COMMAND, rehearsal.COMMAND, schedule.COMMAND),
    *(*reports.COMMANDS, changed_environments.COMMAND),
    *(pulumi_cli.COMMAND, github_runner.COMMAND, *github.COMMANDS),
    *testing.COMMANDS,
)


def main() -> int:
    """Run one command and return the exit code."""
    arguments = vars(parser(COMMANDS).parse_args())
    show_any_character()
    debian.extend_path()
    run = arguments.pop("run")

    def checked() -> int | None:
        if "stack" in arguments:
            environments.must_exist(arguments["stack"])
        code: int | None = run(**arguments)
        return code

    return exit_code(checked)


def parser(commands: Iterable[Command]) -> argparse.ArgumentParser:
    """Return the parser of a command line; it reads `run` and that function's arguments."""
    result = argparse.ArgumentParser(prog="python3 -m bootstrap", epilog=local_builds.HELP)
    parsers = result.add_subparsers(metavar="command", required=True)
    for command in commands:
        text = inspect.getdoc(command.run) or ""
        one = parsers.add_parser(command.name, help=text.partition("\n")[0], description=text)
        for option in command.options:
            if option.default is False:
                one.add_argument(f"--{option.name}", help=option.meaning, action="store_true")
                continue
            one.add_argument(
                f"--{option.name}",
                help=option.meaning,
                default=option.default,
                required=option.default is None,
                type=option.parse,
            )
        one.set_defaults(run=command.run)
    return result


def show_any_character() -> None:
    """Make standard output replace characters that the terminal cannot show."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


if __name__ == "__main__":
    sys.exit(main())
