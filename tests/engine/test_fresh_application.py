"""The file that users copy, in an application as `nest new` makes it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from operate import example
from tests.engine.environment import ROOT

HERE = Path(__file__).parent / "nest_new"
IMAGE = "monitoring-example/nest-new:test"


def test_the_copied_file_is_built_linted_and_tested_in_what_nest_new_makes(
    images: dict[str, str], tmp_path: Path
) -> None:
    metrics = ROOT / "examples/app/backend/src/metrics.ts"
    for file in (*HERE.iterdir(), metrics, example.CERTIFICATES):
        if file.exists():
            shutil.copy(file, tmp_path)
    bases = example.bases(images)
    arguments = [f"--build-arg=NODE_IMAGE={bases['NODE_IMAGE']}"] if bases else []
    done = subprocess.run(
        ("docker", "build", f"--tag={IMAGE}", *arguments, str(tmp_path)),
        env={**os.environ, **bases},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
