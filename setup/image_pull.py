"""Pulls an image, and says why one does not come, which only the engine's own words tell."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass

from bootstrap.progress import CommandError, note

FIRST_WORD_SECONDS = 60.0
"""How long the engine may say nothing: its first word comes after the image's manifest."""
_SILENT = "no word within"


class NoRegistryError(Exception):
    """The registry of an image cannot be reached from the engine; the text is why."""


@dataclass(frozen=True)
class _Cause:
    """Why images do not come, by words of the engine's, in small letters, and the way out."""

    words: tuple[str, ...]
    remedy: str


# In the order in which they are looked for: a proxy that is out of reach is no silent registry,
# and neither is one that answers. `HTTP 403` says an engine 20.10, `403 Forbidden` one from 29 on,
# where something answers with a status and no registry's reason; `: Forbidden` says either of a
# proxy that gives no way through.
_CAUSES = (
    _Cause(("no space left on device",), "make room on its disk (`docker system df` says what "
           "takes it) and try again"),
    _Cause(("proxyconnect",), "correct the engine's proxy (`docker info` shows it; "
           "https://docs.docker.com/engine/daemon/proxy/)"),
    _Cause(("x509:", "certificate"), "let the engine trust the registry's certificate, or the "
           "proxy's that speaks for it"),
    _Cause(("toomanyrequests", "http 429", "too many requests", "pull rate limit"), "wait, or log "
           "in with `docker login`; a proxy between may have said it, too"),
    _Cause(("manifest unknown", ": not found", "access denied", ": denied", "unauthorized",
            "no basic auth"), "correct the image in the stack's configuration, or log in with "
           "`docker login`"),
    _Cause(("proxy authentication required", ": forbidden", "http 403", "http 407",
            "403 forbidden"), "give the engine (not this shell) a proxy that lets it through, "
           "with its login (https://docs.docker.com/engine/daemon/proxy/)"),
)  # fmt: skip
_NO_WAY = ("no such host", "server misbehaving", "temporary failure in name resolution",
           "connection refused", "no route to host", "network is unreachable")  # fmt: skip
_TIME_OUTS = ("i/o timeout", "handshake timeout", "client.timeout exceeded", "timeout awaiting",
              "context deadline exceeded", _SILENT)  # fmt: skip


def pull(image: str) -> None:
    """Pull an image; a failure that may have been momentary is tried once more.

    Raises `NoRegistryError` where no registry can be reached, and `CommandError`, with the engine's
    words and the way out, for every other failure.
    """
    note(f"docker pull {image}")
    attempt = _try(image)
    if not attempt.ok and attempt.may_pass:
        note(f"it failed ({attempt.said}), trying once more")
        attempt = _try(image)
    if not attempt.ok:
        raise failure(image, attempt)


@dataclass(frozen=True)
class Attempt:
    """How a pull ended."""

    ok: bool
    said: str = ""
    """The engine's last words."""
    answered: bool = False
    """The registry gave the manifest: whatever came after, it can be reached."""

    @property
    def may_pass(self) -> bool:
        """Return whether another try may go better: no cause is known, or only slowness."""
        return not self.cause and (self.answered or not _has(self.said, _NO_WAY))

    @property
    def cause(self) -> _Cause | None:
        """Return what stands in the way, where that is known."""
        return next((cause for cause in _CAUSES if _has(self.said, cause.words)), None)


def failure(image: str, attempt: Attempt) -> NoRegistryError | CommandError:
    """Return what to raise for a pull that failed."""
    if attempt.cause:
        return CommandError(f"{image} cannot be pulled ({attempt.said}): {attempt.cause.remedy}.")
    if not attempt.answered and is_out_of_reach(attempt.said):
        return NoRegistryError(attempt.said)
    return CommandError(
        f"{image} cannot be pulled, tried twice ({attempt.said}): try again, and where it stays "
        "so, look into the engine's log (`journalctl -u docker`)."
    )


def is_out_of_reach(said: str) -> bool:
    """Return whether a Go program's words say that it cannot reach what it looked for."""
    refused = any(_has(said, cause.words) for cause in _CAUSES)
    return not refused and _has(said, _NO_WAY + _TIME_OUTS)


def _has(said: str, words: tuple[str, ...]) -> bool:
    return any(word in said.lower() for word in words)


def _try(image: str) -> Attempt:
    process = subprocess.Popen(
        ("docker", "pull", image), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    # Without it, a registry that takes connections and is silent is waited for, for minutes.
    alarm = threading.Timer(FIRST_WORD_SECONDS, process.kill)
    alarm.start()
    last, error, answered = "", "", False
    with process:
        for line in process.stdout or ():
            if "Pulling from" in line:
                alarm.cancel()
                answered = True
            last = line.strip() or last
            if line.startswith("Error") and not error:
                error = line.strip()
    alarm.cancel()
    silence = f"{_SILENT} {FIRST_WORD_SECONDS:.0f} s"
    return Attempt(process.returncode == 0, error or last or silence, answered)
