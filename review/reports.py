"""What a reviewer reads of a stack: what `up` would do, and what is not as it was deployed.

Nothing is made for it: where there is no stack, or no engine answers, the text says so.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from operate import backup_files, stacks
from operate.stacks import Stack
from review import comment, drift, masking
from review.preview import preview
from setup import docker_engine, pulumi_cli
from setup.command import OUTPUT, STACK, Command


def show_preview(stack: str, output: str) -> int:
    """Say what `pulumi up` would do, as the comment on a pull request does.

    The exit code is that of `pulumi preview`.
    """
    return _report(stack, output, _preview)


def show_drift(stack: str, output: str) -> int:
    """Say what is not as it was deployed, and the command that fixes it.

    The exit code is 2 where there is any, and 1 where it could not be looked for.
    """
    return _report(stack, output, _drift)


COMMANDS = (
    Command("preview", show_preview, (STACK, OUTPUT)),
    Command("drift", show_drift, (STACK, OUTPUT)),
)


def _preview(stack: Stack) -> tuple[str, int]:
    found, last = preview(stack), backup_files.last(stack.name)
    # Backups may be made elsewhere: of one that is not known here nothing is said.
    age = backup_files.age(stack.name, last, datetime.now(UTC)) if last else ""
    return comment.comment(stack.name, found, age), found.code


def _drift(stack: Stack) -> tuple[str, int]:
    found = drift.look(stack)
    return drift.report(stack.name, found), found.code


def _report(name: str, output: str, look: Callable[[Stack], tuple[str, int]]) -> int:
    pulumi_cli.ready(name)
    docker_engine.export_host(docker_engine.address(None))
    return show(stacks.named(name), output, look)


def show(stack: Stack, output: str, look: Callable[[Stack], tuple[str, int]]) -> int:
    """Print a text, and write it to the file, without any secret of the stack; return its code."""
    with ThreadPoolExecutor(1) as beside:
        # While Pulumi looks at the stack: both take their time.
        hidden = beside.submit(masking.secrets, stack)
        text, code = look(stack)
        masked = masking.mask(text, hidden.result())
    print(masked, end="")
    if output:
        Path(output).write_text(masked, encoding="utf-8")
    return code
