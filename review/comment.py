"""The comment on a preview: what matters first, and what matters least cut where it is too long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from review import dangers, files, impact, inputs, upgrades
from review.markdown import alert, block, code, failures, folded, words
from review.preview import Preview

# GitHub takes 65,536 characters; the rest is for what says that something was cut.
LIMIT = 65_000

# What is cut first has the lowest number.
_RAW, _DASHBOARDS, _FILES, _INPUTS, _HEAD = range(5)
_CUT = {
    _RAW: "the list of steps",
    _DASHBOARDS: "dashboards",
    _FILES: "long files",
    _INPUTS: "settings",
}
_SYMBOLS = {"create": "+", "delete": "-", "update": "~", "replace": "+-"}


@dataclass(frozen=True)
class Part:
    """A part of the comment: its text, what stays of it where there is no room, its priority."""

    text: str
    priority: int = _HEAD
    short: str = ""


def comment(stack: str, preview: Preview, backup_age: str = "") -> str:
    """Return the whole comment on the preview of a stack.

    `backup_age` is a sentence on the last backup; empty where nothing is known of it.
    """
    marker = f"<!-- monitoring-preview:{stack} -->"
    return fitted(stack, [Part(marker), *_parts(stack, preview, backup_age)])


def fitted(stack: str, parts: list[Part]) -> str:
    """Join parts, and cut the least useful until they fit: of equal ones the longest first."""
    kept = list(parts)
    cut: set[int] = set()
    while len(_joined(kept)) > LIMIT:
        victims = [i for i, part in enumerate(kept) if part.priority < _HEAD and part is parts[i]]
        if not victims:
            break
        first = min(victims, key=lambda i: (kept[i].priority, -len(kept[i].text)))
        cut.add(kept[first].priority)
        kept[first] = Part(kept[first].short)
    if cut:
        what = words([_CUT[priority] for priority in sorted(cut)])
        rest = code(f"pulumi preview --diff --stack {stack}")
        kept.append(Part(f"Too long for GitHub: {what} were cut. {rest} shows all."))
    return _joined(kept) + "\n"


def _joined(parts: list[Part]) -> str:
    return "\n\n".join(part.text for part in parts if part.text)


def _parts(stack: str, preview: Preview, backup_age: str) -> Iterator[Part]:
    found = dangers.find(preview)
    if preview.code:
        yield Part(f"### **{stack}**: the preview failed, and so would `pulumi up`.")
        yield Part(failures(preview.errors))
        if not any(step.operation != "same" for step in preview.steps):
            return
        yield Part("What it had found until then:")
    else:
        lost = [danger.lost for danger in found if danger.lost]
        yield Part(f"### {impact.headline(stack, preview, lost)}")
    for kind, grave in (("CAUTION", True), ("WARNING", False)):
        if texts := [danger.text for danger in found if danger.grave is grave]:
            yield Part(alert(kind, texts))
    if advice := upgrades.advice(stack, preview, backup_age):
        yield Part(alert("NOTE", [advice]))
    if lines := list(impact.consequences(preview)):
        yield Part(_listed(lines))
    yield from _changes(preview)
    if preview.notes:
        yield Part("Pulumi also says:\n\n" + _listed([code(note) for note in preview.notes]))
    if raw := _raw(preview):
        yield Part(folded("Every step", block(raw)), _RAW)


def _changes(preview: Preview) -> Iterator[Part]:
    for step in preview.of("container"):
        if step.operation == "delete":
            continue
        settings = [str(change) for change in inputs.changes(preview, step)]
        changed = list(files.changes(step))
        table = upgrades.table(preview, step.service)
        if settings or changed:
            yield Part(f"#### {impact.title(step.service)}")
        if settings:
            yield Part(_listed(settings), _INPUTS, f"{len(settings)} settings change")
        yield Part(table)
        for file in changed:
            yield Part(file.text, _DASHBOARDS if file.is_dashboard else _FILES, file.short)


def _listed(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _raw(preview: Preview) -> str:
    """Return the steps as Pulumi's own list does, with the inputs that change."""
    return "\n".join(
        f"{_SYMBOLS.get(step.operation, ' '):2} {step.operation:8} {step.kind} {step.name}"
        + (f" [{', '.join(sorted(step.roots))}]" if step.changed else "")
        for step in preview.steps
        if step.operation != "same"
    )
