"""What runs before any package is installed: `python3 -m bootstrap <command>`.

Needs Python 3.11 and its standard library only. It makes `.venv`, and goes on there with the same
command of the package `commands`.
"""

import sys

_OLDEST_PYTHON = (3, 11)

# Here, because it runs before any module that an older Python could not import.
if sys.version_info < _OLDEST_PYTHON:
    sys.exit(
        f"error: this is Python {sys.version.split()[0]}, and 3.11 or newer is needed: "
        "install it and name it: make up PYTHON=python3.11"
    )
