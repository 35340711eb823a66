"""Makes the virtual environment, and runs the command in it."""

from __future__ import annotations

import os
import sys

from bootstrap import debian, virtualenv
from bootstrap.paths import PYTHON
from bootstrap.progress import exit_code

debian.extend_path()
if code := exit_code(virtualenv.ready):
    sys.exit(code)
os.execv(PYTHON, [str(PYTHON), "-m", "commands", *sys.argv[1:]])  # noqa: S606 - a shell adds nothing
