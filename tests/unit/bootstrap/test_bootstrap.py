"""What runs before any package is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from bootstrap import virtualenv
from bootstrap.paths import ROOT


def test_a_python_without_packages_goes_on_in_the_virtual_environment(tmp_path: Path) -> None:
    python = Path(sys.base_prefix) / "bin" / "python3"
    scripts = tmp_path / ".venv" / "bin"
    scripts.mkdir(parents=True)
    (scripts / "python").symlink_to(python)
    (scripts / "pip").write_text(f"#!{scripts}/python\n")
    (scripts.parent / "pyvenv.cfg").write_text(f"home = {python.parent}\n")
    (tmp_path / "requirements.txt").touch()
    installed = virtualenv.fingerprint(tmp_path / "requirements.txt")
    (scripts.parent / ".installed-requirements.txt").write_text(installed)
    shutil.copytree(ROOT / "bootstrap", tmp_path / "bootstrap")
    (tmp_path / "commands.py").write_text("import sys; print(sys.prefix, sys.argv[1:])")
    command = [str(python), "-S", "-m", "bootstrap", "env", "--stack", "dev"]
    done = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert done.stdout == f"{tmp_path / '.venv'} ['env', '--stack', 'dev']\n"
