"""Drift: what the engine has against what was deployed, and what was deployed against the code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from operate.stacks import Stack
from review import dangers
from review.impact import data, headline, title
from review.inputs import differing, shown, word
from review.markdown import block, code, failures
from review.preview import Preview, State, Step, preview

DRIFTED, FAILED = 2, 1


@dataclass(frozen=True)
class Difference:
    """A difference between the engine and what was deployed; `replace` where `up` needs a hint."""

    text: str
    replace: str = ""


@dataclass(frozen=True)
class Drift:
    """What was found: by hand, and in the code only (`waiting`); or why nothing could be."""

    differences: tuple[Difference, ...]
    waiting: Preview
    errors: tuple[str, ...] = ()

    @property
    def code(self) -> int:
        """The exit code: 0 without drift, 2 with, 1 where it could not be looked for."""
        if self.errors:
            return FAILED
        undeployed = any(step.operation != "same" for step in self.waiting.steps)
        return DRIFTED if self.differences or undeployed else 0


def look(stack: Stack) -> Drift:
    """Ask Pulumi twice: what the code would change of what was deployed, and of what is there."""
    deployed = preview(stack)
    real = preview(stack, "--refresh") if deployed.code == 0 else deployed
    return compare(deployed, real)


def compare(deployed: Preview, real: Preview) -> Drift:
    """Compare what a preview starts from (the state) with what one with a refresh does."""
    if real.code:
        return Drift((), deployed, real.errors)
    is_now = {step.urn: step.old for step in real.steps}
    gone = {
        step.old.inputs.get("name")
        for step in deployed.steps
        if step.kind == "network" and step.old and is_now.get(step.urn) is None
    }
    found = [
        difference
        # First what is gone: it can be why others differ.
        for step in sorted(deployed.steps, key=lambda step: is_now.get(step.urn) is not None)
        if step.old
        for difference in _differences(step, step.old, is_now.get(step.urn), gone)
    ]
    return Drift(tuple(found), deployed)


def _differences(step: Step, was: State, now: State | None, gone: set[Any]) -> Iterator[Difference]:
    """Find the differences of one resource; `gone` are the networks that are not there any more."""
    name = code(was.inputs.get("name", step.name))
    if now is None:
        held = data(step.service) if step.kind == "volume" else ""
        lost = f", with {held}" if held else ""
        yield Difference(f"The {step.kind} {name} is gone{lost}.")
        return
    if step.kind != "container":
        for change in differing(was.inputs, now.inputs):
            yield Difference(f"The {step.kind} {name} has another {change}")
        return
    service = f"**{title(step.service)}** ({name})"
    if now.inputs.get("mustRun") is False:
        yield Difference(f"{service} is stopped.")
    for change in differing(was.inputs, now.inputs):
        if change.key != "mustRun":
            values = f"{shown(change.new)} instead of {shown(change.old)}"
            yield Difference(f"{service}: {word(change.key)} {values}.")
    networks = {each.get("networkName") for each in now.outputs.get("networkDatas") or []}
    wanted = [each["name"] for each in was.inputs.get("networksAdvanced") or []]
    # A network that is made again has its containers made again.
    hint = step.urn if gone.isdisjoint(wanted) else ""
    for name in wanted:
        if name not in networks:
            yield Difference(f"{service} is not connected to the network {code(name)}.", hint)


def report(stack: str, drift: Drift) -> str:
    """Return the report on a stack; its heading is an issue's title."""
    parts = [f"<!-- monitoring-drift:{stack} -->"]
    if drift.errors:
        parts += [f"### {stack}: drift could not be looked for", failures(drift.errors)]
    elif drift.code == 0:
        parts += [
            f"### {stack}: no drift",
            "The engine has what was deployed, and that is what the code says.",
        ]
    else:
        parts += [f"### {stack}: drift", *_found(stack, drift), *_remedy(stack, drift)]
    return "\n\n".join(parts) + "\n"


def _found(stack: str, drift: Drift) -> Iterator[str]:
    if drift.differences:
        yield "The engine differs from what was deployed:"
        yield "\n".join(f"- {difference.text}" for difference in drift.differences)
    if any(step.operation != "same" for step in drift.waiting.steps):
        yield "The code differs from what was deployed: it was changed, and `up` did not follow."
        yield f"- {headline(stack, drift.waiting, _lost(drift.waiting))}"
        yield f"{code(f'make preview STACK={stack}')} tells more."


def _lost(preview: Preview) -> list[str]:
    return [danger.lost for danger in dangers.find(preview) if danger.lost]


def _remedy(stack: str, drift: Drift) -> Iterator[str]:
    hints = [f"--replace '{each.replace}'" for each in drift.differences if each.replace]
    command = " \\\n  ".join([f"pulumi up --refresh --stack {stack}", *dict.fromkeys(hints)])
    yield "To have everything as the code says:"
    yield block(command, "sh")
