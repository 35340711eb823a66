"""The Docker host: how its address is written, and which one is meant.

Of the standard library only, so that the set-up can ask before there are packages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

LOCAL = "unix:///var/run/docker.sock"
"""Where Docker's provider, too, looks for the engine when it is told nothing."""
SETTING = "monitoring:dockerHost"

_PORT = r"(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9][0-9]|655[0-2][0-9]|6553[0-5])"
# No part begins with `-`: ssh would take it for an option, and some options run a command.
SSH_ADDRESS = (
    r"ssh://(?:[A-Za-z0-9_][A-Za-z0-9_.+-]*@)?(?:[A-Za-z0-9_][A-Za-z0-9_.-]*|\[[0-9A-Fa-f:]+\])"
    rf"(?::{_PORT})?(?:/[A-Za-z0-9_./-]*)?"
)


class AddressError(ValueError):
    """An address that is not given to ssh, which would take it for something else."""


def resolve(
    configured: str | None,
    environment: Mapping[str, str],
    otherwise: Callable[[], str] = lambda: LOCAL,
) -> str:
    """Return the engine's address: the setting, else `$DOCKER_HOST`, else what `otherwise` finds.

    Raises `AddressError`, which says where the address comes from.
    """
    if configured:
        return _checked(configured, SETTING)
    if given := environment.get("DOCKER_HOST"):
        return _checked(given, "$DOCKER_HOST")
    return _checked(otherwise(), "the Docker host")


def is_ssh(address: str) -> bool:
    """Return whether the engine is reached through ssh."""
    return address.startswith("ssh://")


def name(address: str) -> str:
    """Return the name of the engine's host, as a browser reaches it."""
    return urlsplit(address).hostname or "localhost"


def _checked(address: str, origin: str) -> str:
    if is_ssh(address) and not re.fullmatch(SSH_ADDRESS, address):
        raise AddressError(
            f"{origin} is '{address}': write it as ssh://user@host or ssh://user@host:port; what"
            " else ssh is to know goes into ~/.ssh/config"
        )
    return address
