"""Programs that a test puts in the place of those that the code under test runs."""

from __future__ import annotations

from pathlib import Path


def fake(folder: Path, name: str, script: str) -> Path:
    """Put a program that runs a shell script into a folder."""
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return program
