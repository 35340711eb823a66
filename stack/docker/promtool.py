"""Lets promtool read the alert rules before anything is declared.

Prometheus would not start with rules that are wrong.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from pathlib import Path

from stack.docker import engine

_TIMEOUT_SECONDS = 120


def check(address: str, image: str, rules: str) -> None:
    """Let promtool, out of the image where the engine has it already, read rules as YAML.

    A container takes a second: what an image's promtool has accepted, it is not given again.
    Raises EngineError with what promtool says.
    """
    if not shutil.which("docker"):
        return
    present = engine.ask(address, "image", "ls", "--quiet", "--no-trunc", image)
    if not present:
        return
    command = ("promtool", "check", "rules", "--lint=none")
    accepted = _accepted(*present, *command, rules)
    if accepted.exists():
        return
    run = ("run", "--rm", "--interactive", "--network", "none", "--entrypoint", command[0], image)
    done = engine.answered(address, *run, *command[1:], given=rules, seconds=_TIMEOUT_SECONDS)
    if done.returncode:
        said = done.stderr.removeprefix("  FAILED:\n").strip()
        raise engine.EngineError(f"nothing was changed: fix configs/*/rules: {said}")
    # Where there is nowhere to remember it, it is asked again.
    with contextlib.suppress(OSError):
        accepted.parent.mkdir(parents=True, exist_ok=True)
        accepted.touch()


def _accepted(*asked: str) -> Path:
    """Return the empty file that stands for what was accepted, named after what that depends on."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256("\0".join(asked).encode()).hexdigest()
    return cache / "docker-monitoring" / "rules" / digest
