"""Programs that are run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from bootstrap import programs


def test_ctrl_c_waits_for_what_must_not_be_cut_off(tmp_path: Path) -> None:
    script = "sleep 0.3; touch started; sleep 1; touch done"  # once it is waited for
    code = (
        # Ignored, and so inherited, where the tests run in the background of a shell.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from bootstrap import programs\n"
        f"programs.finish('sh', '-c', 'cd {tmp_path}; {script}')"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        started = time.monotonic()
        while not (tmp_path / "started").exists():
            assert time.monotonic() < started + 10
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate()
    assert (tmp_path / "done").exists()
    assert "must not be cut off" in errors
    assert "KeyboardInterrupt" in errors


def test_what_a_program_says_is_read_as_utf_8_whatever_the_locale() -> None:
    print_arrow = r"ascii(ask('printf', r'\342\206\222').output)"
    code = f"from bootstrap.programs import ask; print({print_arrow})"
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, env=os.environ | locale, capture_output=True, text=True, check=True
    )
    assert done.stdout == "'\\u2192'\n"


def test_what_is_not_utf_8_is_no_reason_to_fail() -> None:
    assert programs.ask("printf", r"a\377b").output == "a\ufffdb"
