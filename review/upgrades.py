"""A changed version of a program: what upstream changed, and whether there is a way back."""

from __future__ import annotations

from collections.abc import Iterator

from review.impact import title
from review.preview import Preview
from stack.docker import upgrades
from stack.docker.upgrades import Change, Move


def moves(preview: Preview) -> Iterator[Move]:
    """Return the programs that get another version, as far as their images' tags tell."""
    for step in preview.of("image"):
        old, new = (upgrades.of_image(name or "") for name in step.input("name"))
        if found := upgrades.move(step.service, old, new):
            yield found


def refused(move: Move, barrier: Change) -> str:
    """Say why a program cannot go back, and what to do instead."""
    way = upgrades.way_back(move, barrier)
    return (
        f"**{title(move.service)} cannot go back** {move}: {barrier.back}"
        f" ([upstream]({barrier.link})). `pulumi up` refuses it. {way}"
    )


def untried(move: Move) -> str:
    """Say of another way back that nobody knows whether it is one."""
    return (
        f"{title(move.service)} goes back {move}. Nobody has tried whether that reads all that the"
        " newer one has stored."
    )


def advice(stack: str, preview: Preview, backup_age: str) -> str:
    """Offer a backup before a program gets another version; empty where none does."""
    if not any(move.barrier is None for move in moves(preview)):
        return ""
    return upgrades.backup_first(stack, backup_age)


def table(preview: Preview, service: str) -> str:
    """Return what upstream changed for a service, as a table; empty where nothing matters here."""
    changes = [each for move in moves(preview) if move.service == service for each in move.changes]
    rows = [f"| {each.version} | {each.what} [More]({each.link}) |" for each in changes]
    return "\n".join(["| since | what upstream changed |", "| --- | --- |", *rows]) if rows else ""
