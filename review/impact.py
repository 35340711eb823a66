"""What a change means, in words: what happens to which service, and what is missed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator

from review.markdown import code, words
from review.preview import Preview, Step
from stack import services

_VERBS = {
    "replace": "replaced",
    "update": "changed in place",
    "create": "started",
    "delete": "taken away",
}
_OTHERS = _VERBS | {"update": "changed", "create": "made"}
# Of a container, all that Docker's provider changes in place; it only notes down the rest.
_IN_PLACE = {
    *("memory", "memorySwap", "memoryReservation", "cpuShares", "cpuSet", "restart"),
    *("maxRetryCount", "mustRun", "wait", "waitTimeout", "destroyGraceSeconds", "removeVolumes"),
    *("start", "attach", "logs"),
}


# What is known of a resource that is none of the list's.
_UNKNOWN = ("it does not answer meanwhile", "all its data")
_KNOWN = {entry.name: (entry.absence, entry.data) for entry in services.SERVICES}


def _known(service: str) -> tuple[str, str]:
    return _KNOWN.get(service, _UNKNOWN)


def data(service: str) -> str:
    """Return what a service's volume holds."""
    return _known(service)[1]


def title(service: str) -> str:
    """Return a service's name as a sentence writes it."""
    return service[:1].upper() + service[1:]


def _absence(preview: Preview, service: str) -> str:
    """Say what is missed; what it goes on with is true only where its volume stays."""
    absence, _ = _known(service)
    stays = all(step.service != service for step in preview.of("volume"))
    return absence if stays else absence.partition(";")[0]


def headline(stack: str, preview: Preview, lost: list[str]) -> str:
    """Return in one sentence what happens to what; `lost` is the data that is deleted."""
    containers = preview.of("container")
    if all(step.operation == "same" for step in preview.steps):
        return f"**{stack}**: nothing changes."
    if containers and not any(s.old for s in preview.steps if s.kind == "container"):
        made = words([title(step.service) for step in containers])
        return f"**{stack}** is new: {made} are started."
    clauses = [
        f"{words(names)} {'is' if len(names) == 1 else 'are'} {verb}"
        for operation, verb in _VERBS.items()
        if (names := [title(s.service) for s in containers if s.operation == operation])
    ]
    if not clauses:
        clauses = ["no container changes"]
    elif len(containers) == 1 and containers[0].operation == "replace":
        clauses[0] += f", {_absence(preview, containers[0].service)}"
    fate = f"**deleted: {words(lost)}**" if lost else "no stored data is lost"
    return f"**{stack}**: {words(clauses)}; {fate}."


def consequences(preview: Preview) -> Iterator[str]:
    """Say of each service what happens to it, where the headline does not."""
    containers = preview.of("container")
    for step in containers:
        name = f"**{title(step.service)}**"
        if step.operation == "replace" and len(containers) > 1:
            yield f"{name} is replaced: {_absence(preview, step.service)}."
        if step.operation == "update":
            yield f"{name} is changed while it runs, without a break.{_not_applied(step)}"
    for step in preview.of("network"):
        old, new = step.input("name")
        yield f"The network {code(new or old)} is {_OTHERS[step.operation]}."
    for step in preview.steps:
        if step.operation != "same" and ":" in step.kind:
            verb = _OTHERS.get(step.operation, f"changed ({step.operation})")
            yield f"{code(step.name)} ({code(step.kind)}) is {verb}."


def _not_applied(step: Step) -> str:
    if not (lost := sorted(step.roots - _IN_PLACE)):
        return ""
    named = words([code(each) for each in lost])
    return (
        f" But {named} of a running container cannot be changed, which Docker's provider does not"
        f" tell: to have it, {code(f'pulumi up --replace {step.urn!r}')}."
    )
