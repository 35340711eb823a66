"""Prepares a machine for the project: `python3 -m prepare <command>`.

Needs Python 3.11 and nothing else; it makes the virtual environment itself. Pulumi does the
work (`pulumi up`, `preview`, `destroy`); this package only brings what Pulumi needs.
"""

import sys

_OLDEST_PYTHON = (3, 11)

# Here, because it runs before any module that an older Python could not import.
if sys.version_info < _OLDEST_PYTHON:
    sys.exit(
        f"error: this is Python {sys.version.split()[0]}, and 3.11 or newer is needed: "
        "install it and name it: make up PYTHON=python3.11"
    )
