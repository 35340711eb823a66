"""The commands: `python3 -m prepare up --stack dev`; the Makefile's targets call them."""

from __future__ import annotations

import argparse
import io
import os
import sys
from pathlib import Path

from lab.progress import LabError
from prepare import (
    checks,
    debian,
    environments,
    lab_use,
    reviews,
    runner,
    tasks,
    touched,
    virtualenv,
)
from prepare.commands import ProgramError
from prepare.places import PYTHON, VENV
from prepare.progress import SetupError
from stack.settings.docker_host import AddressError

# They read YAML themselves, for which Python needs a package.
_IN_VIRTUALENV = ("environments", "new-env", "runner")


def main() -> int:
    """Run one command and return the exit code."""
    of_a_stack = {
        "prepare": tasks.prepare,
        "up": tasks.up,
        "down": tasks.down,
        "env": tasks.env,
        "test-alert": tasks.test_alert,
        "verify": tasks.verify,
        "runner": runner.ready,
        "tools": runner.tools,
    }
    of_the_project = {
        "check": checks.check,
        "test": checks.test,
        "test-unit": checks.test_unit,
        "test-engine": checks.test_engine,
        "test-configs": checks.test_configs,
        "bench": checks.bench,
    }
    of_a_review = {"preview": reviews.preview, "drift": reviews.drift}
    others = ("new-env", "environments")
    parser = argparse.ArgumentParser(
        prog="python3 -m prepare", description=__doc__, epilog=lab_use.HELP
    )
    parser.add_argument("command", choices=[*of_a_stack, *of_a_review, *of_the_project, *others])
    parser.add_argument("--stack", default="dev", help="the environment (default: dev)")
    parser.add_argument("--base", default="", help="the commit that `environments` compares with")
    parser.add_argument("--head", default="HEAD", help="the commit that it compares")
    parser.add_argument("--output", default="", help="a file for what `preview` or `drift` says")
    options = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Not every terminal shows every character, such as those of a log line.
        sys.stdout.reconfigure(errors="replace")
    debian.extend_path()
    try:
        if options.command in _IN_VIRTUALENV:
            _enter_virtualenv()
        if options.command == "new-env":
            tasks.new_env(options.stack)
        elif options.command == "environments":
            touched.show(options.base, options.head)
        elif options.command in of_a_review:
            environments.must_exist(options.stack)
            of_a_review[options.command](options.stack, options.output)
        elif options.command in of_a_stack:
            environments.must_exist(options.stack)
            of_a_stack[options.command](options.stack)
        else:
            of_the_project[options.command]()
    except ProgramError as failure:
        print(f"error: {failure}", file=sys.stderr)
        return failure.code
    except (SetupError, LabError, AddressError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


def _enter_virtualenv() -> None:
    """Go on with the same command as the Python of `.venv`, unless this is it."""
    if Path(sys.prefix) != VENV:
        virtualenv.ready()
        command = [str(PYTHON), "-m", "prepare", *sys.argv[1:]]
        os.execv(PYTHON, command)  # noqa: S606 - there is no need for one


if __name__ == "__main__":
    sys.exit(main())
