"""Programs that are run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def test_ctrl_c_waits_for_what_must_not_be_cut_off(tmp_path: Path) -> None:
    script = "touch started; sleep 1; touch done"
    code = f"from bootstrap import programs; programs.finish('sh', '-c', 'cd {tmp_path}; {script}')"
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
