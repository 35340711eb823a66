"""Where things are. Nothing is written outside these, the system's packages and Pulumi's home."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / ".tools"
BIN = TOOLS / "bin"
