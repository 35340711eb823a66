"""What a terminal cannot show is replaced there, and is whole in the file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.prepare.conftest import fake
from tests.unit.review import recordings

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "terminal",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C"},
        # As Python is where the system's locale is a real one, but not of UTF-8.
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
)
def test_a_preview_is_printed_and_written(terminal: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "preview.md"
    answer = recordings.FOLDER / "settings.json"
    fake(tmp_path, "pulumi", f'[ "$1" = preview ] && exec cat {answer}; echo "{{}}"')
    done = subprocess.run(
        [sys.executable, "-m", "review", "preview", "--stack", "prod", "--output", file],
        cwd=ROOT,
        env=os.environ | terminal | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    text = file.read_text(encoding="utf-8")
    assert "\u2192" in text
    printed = done.stdout.decode("utf-8")
    assert printed in (text, text.encode("ascii", "replace").decode())
