"""Programs that get another version: what upstream changed, and the way back from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stack.docker.preflight import Finding
from stack.docker.upgrades import Move, backup_first


def findings(moves: Iterable[Move], stack: str, backup_age: str) -> Iterator[Finding]:
    """Tell of each program that moves; of one that must not, `no_way_back` does.

    `backup_age` is a sentence on the last backup.
    """
    for move in moves:
        if not move.barrier:
            yield Finding(
                f"{move.service.capitalize()} goes {'back ' if move.is_back else ''}{move}.",
                _why(move),
                backup_first(stack, backup_age),
            )


def _why(move: Move) -> str:
    if move.is_back:
        return "Nobody has tried whether it reads all that the newer one has stored."
    changes = [f"{each.version}: {each.what} {each.link}" for each in move.changes]
    return "\n".join(changes) or "Of what upstream changed, nothing is known to matter here."
