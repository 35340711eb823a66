"""Docker hosts behind ssh: how ssh is called, and what to do where one does not answer.

Of the standard library only, so that the set-up can say the same before there are packages.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

# Neither a window nor a terminal is to ask for anything: what needs an answer is an error instead.
WITHOUT_QUESTIONS: Mapping[str, str] = MappingProxyType({"SSH_ASKPASS_REQUIRE": "never"})

# The same for the ssh of Pulumi's provider, which also gives a server up that is gone for a minute.
OPTIONS = ("-o", "BatchMode=yes", "-o", "ServerAliveInterval=20")

# What ssh or docker says, in the order in which they are looked for, and what fixes it. `{name}` is
# the server's name, `{login}` and `{ssh}` are the arguments of ssh that lead to it.
_REMEDIES = {
    "HOST IDENTIFICATION HAS CHANGED": (
        "it shows another host key than before; if that is right, forget the old one with"
        " `ssh-keygen -R {known}`, then add the new one with"
        " `ssh-keyscan{port} {name} >> ~/.ssh/known_hosts`"
    ),
    "Host key verification failed": (
        "its host key is not known here; add it with"
        " `ssh-keyscan{port} {name} >> ~/.ssh/known_hosts`, and compare its fingerprint with the"
        " server's own (`ssh-keygen -l -F {known}`)"
    ),
    "Permission denied": (
        "it takes none of your keys; put one there with `ssh-copy-id{port} {login}`, and let"
        " `ssh-add` open it where it has a passphrase"
    ),
    "not found": "the command `docker` is not found there; install Docker on the server",
    # Also where the user may not use its socket: the client cannot tell them apart.
    "Cannot connect to the Docker daemon": (
        "ssh works, the engine there does not; `ssh {ssh} docker version` tells why: start it with"
        " `sudo systemctl start docker`, or let the user in with `sudo usermod -aG docker $USER`"
    ),
}
_OTHERWISE = (
    "see whether `ssh {ssh} docker version` works, and point monitoring:dockerHost or $DOCKER_HOST"
    " to the right server"
)


def unreachable(address: str, said: str) -> str:
    """Say that an engine behind ssh does not answer, what fixes it, and what ssh or docker said."""
    fix = remedy(address, said)
    return f"the Docker engine at {address} does not answer: {fix}. It said: {complaint(said)}"


def remedy(address: str, said: str) -> str:
    """Say what to do about an engine behind ssh that does not answer but `said` something."""
    text = next((text for phrase, text in _REMEDIES.items() if phrase in said), _OTHERWISE)
    parts = urlsplit(address)
    name = parts.hostname or ""
    return text.format(
        name=name,
        login=login(address)[-1],
        ssh=shlex.join(login(address)),
        port=f" -p {parts.port}" if parts.port else "",
        # The form of a name in known_hosts.
        known=f"'[{name}]:{parts.port}'" if parts.port else name,
    )


def complaint(said: str) -> str:
    """Return the last line of what ssh or docker said, without docker's words around ssh's."""
    lines = said.rpartition("stderr=")[2].strip().splitlines()
    return lines[-1].strip() if lines else "nothing"


def login(address: str) -> list[str]:
    """Return the arguments with which ssh logs in at the engine's host; the last is `user@name`."""
    parts = urlsplit(address)
    port = ["-p", str(parts.port)] if parts.port else []
    return [*port, f"{parts.username}@{parts.hostname}" if parts.username else parts.hostname or ""]
