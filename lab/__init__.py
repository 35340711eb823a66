"""Builds the project's tools and images where only package registries answer.

Standard library only, so that it runs before there is a virtual environment. Results are kept
in the user's cache and reused as long as nothing that they are built from has changed.
"""

from __future__ import annotations

from lab.images import images
from lab.progress import LabError
from lab.tools import actionlint, compose, engine, programs, tools, versitygw

__all__ = [
    "LabError",
    "actionlint",
    "compose",
    "engine",
    "images",
    "programs",
    "tools",
    "versitygw",
]
