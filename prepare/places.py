"""Where things lie. Nothing is written outside these, the system's packages and Pulumi's home."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / ".tools"
BIN = TOOLS / "bin"


def secrets_folder() -> Path:
    """The user's folder for the passphrase and the passwords; it may not exist yet."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "docker-monitoring"


def pulumi_home() -> Path:
    """Pulumi's own folder, with its plugins; it asks the system for the user's home, not $HOME."""
    home = pwd.getpwuid(os.getuid()).pw_dir
    return Path(os.environ.get("PULUMI_HOME") or Path(home) / ".pulumi")
