"""Keeps users and passwords in addresses out of what is shown."""

from __future__ import annotations

import re

# Up to the last `@` of an address: a password that was not encoded may hold one, or a slash.
_CREDENTIALS = re.compile(r"(?<=://)[^\s\"]*@|(?<=password=)[^\s\"&]*")


def masked(text: str) -> str:
    """Return a text without the users and passwords of the addresses in it."""
    return _CREDENTIALS.sub(lambda found: "****@" if found[0].endswith("@") else "****", text)
