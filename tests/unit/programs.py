"""Programs that a test puts in the place of those that the code under test runs."""

from __future__ import annotations

from pathlib import Path


def fake(folder: Path, name: str, script: str) -> Path:
    """Put a program that runs a shell script into a folder."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program


def recorded(folder: Path, name: str, script: str) -> Path:
    """Put a program into a folder that writes down its arguments, then runs a shell script."""
    return fake(folder, name, f'printf "%s\\n" "$*" >> "$0.calls"\n{script}')


def calls(program: Path) -> list[str]:
    """Return the arguments of each call of a recorded program."""
    file = program.with_name(f"{program.name}.calls")
    return file.read_text().splitlines() if file.exists() else []
