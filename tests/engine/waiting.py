"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
_PAUSE_SECONDS = 0.2


def eventually(look: Callable[[], T], *, seconds: float, what: str) -> T:
    """Look again and again until something true is seen, and give it.

    Raises AssertionError after `seconds`, saying `what` was awaited and what was seen last; a look
    that cannot connect or asserts in vain counts as seeing nothing yet.
    """
    deadline = time.monotonic() + seconds
    while True:
        seen: object
        try:
            result = look()
            if result:
                return result
            seen = result
        except (OSError, AssertionError) as error:
            seen = error
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds} s; last seen: {seen!r}")
        time.sleep(_PAUSE_SECONDS)
