"""What `pulumi preview --json` says, read into typed steps and messages."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from operate.stacks import Stack
from stack.settings.model import SERVICES

SECRET = "[secret]"  # noqa: S105 - what Pulumi shows instead of one
# What Pulumi shows for a value that only `up` will know (sdk/go/common/resource/plugin/rpc.go).
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_KINDS = {
    "docker:index/container:Container": "container",
    "docker:index/volume:Volume": "volume",
    "docker:index/network:Network": "network",
    "docker:index/remoteImage:RemoteImage": "image",
    "pulumi:pulumi:Stack": "stack",
    "monitoring:index:Monitoring": "stack",
}
_ORDER = ("container", "volume", "network", "image", "stack")
# Said by the engine at every run, or about what another message says better.
_PREVIEW_SECONDS = 1_200
_NOISE = re.compile(
    r"using pulumi-resource-\S+ from|an unhandled error occurred: the program ended"
)


@dataclass(frozen=True)
class State:
    """A resource as it is or will be; `retained` is `retain_on_delete`."""

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] = field(default_factory=dict)
    retained: bool = False
    protected: bool = False


@dataclass(frozen=True)
class Step:
    """What happens to one resource.

    Attributes:
        operation: `same`, `create`, `update` (in place), `replace` or `delete`.
        kind: `container`, `volume`, `network`, `image`, `stack`; of others, Pulumi's type.
        service: whose it is: `loki` of `loki` and of `loki-volume`.
        old: None where the resource is not there yet.
        new: None where it goes.
        changed: the paths of what changes, as Pulumi shows them.
    """

    operation: str
    urn: str
    kind: str
    service: str
    old: State | None
    new: State | None
    changed: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.urn.rpartition("::")[2]

    @property
    def roots(self) -> set[str]:
        """The inputs that change: `ports` of `ports[0].ip`."""
        return {re.split(r"[.[]", path, maxsplit=1)[0] for path in self.changed}

    def input(self, key: str) -> tuple[Any, Any]:
        """Return an input before and after; None where there is none."""
        old, new = (state.inputs.get(key) if state else None for state in (self.old, self.new))
        return old, new


@dataclass(frozen=True)
class Preview:
    """A preview: its steps, what it complains of, what else it says, and its exit code."""

    steps: tuple[Step, ...]
    errors: tuple[str, ...]
    notes: tuple[str, ...]
    code: int

    def of(self, *kinds: str) -> tuple[Step, ...]:
        """Return the steps of these kinds that change something."""
        return tuple(s for s in self.steps if s.kind in kinds and s.operation != "same")


def preview(stack: Stack, *options: str) -> Preview:
    """Have Pulumi preview a stack."""
    command = ("preview", "--json", "--show-sames", "--color", "never")
    answer = stack.ask(*command, *options, seconds=_PREVIEW_SECONDS)
    return read(answer.output, answer.errors, answer.code)


def read(output: str, errors: str, code: int) -> Preview:
    """Read what the command printed. What it says outside of JSON counts where it failed only."""
    content = json.loads(output) if output.lstrip().startswith("{") else {}
    said: dict[str, list[str]] = {"error": [], "warning": []}
    for message in content.get("diagnostics", []):
        text = message["message"].strip().removeprefix(f"{message['severity']}: ")
        kept = said.get(message["severity"])
        if kept is not None and text not in kept and not _NOISE.search(text):
            kept.append(text)
    if code and not said["error"]:
        text = errors.strip().removeprefix("error: ") or f"exit code {code}"
        if never := re.match("no stack named '(.+)' found", text):
            text += f"\n\nIt was never deployed, or elsewhere: `make up STACK={never[1]}` makes it."
        said["error"].append(text)
    # A refresh comes as steps of its own, before those that count.
    steps = [_step(each) for each in content.get("steps", []) if each["op"] != "refresh"]
    # Pulumi takes them as they come, several at once.
    steps.sort(key=lambda step: (_place(_ORDER, step.kind), _place(SERVICES, step.service)))
    return Preview(tuple(steps), tuple(said["error"]), tuple(said["warning"]), code)


def _place(order: tuple[str, ...], name: str) -> tuple[int, str]:
    return order.index(name) if name in order else len(order), name


def _step(content: Mapping[str, Any]) -> Step:
    urn = content["urn"]
    kind = urn.split("::")[2].rpartition("$")[2]
    changed = content.get("detailedDiff") or content.get("diffReasons") or ()
    return Step(
        operation=content["op"],
        urn=urn,
        kind=_KINDS.get(kind, kind),
        service=re.sub("-(volume|image)$", "", urn.rpartition("::")[2]),
        old=_state(content.get("oldState")),
        new=_state(content.get("newState")),
        changed=tuple(changed),
    )


def _state(content: Mapping[str, Any] | None) -> State | None:
    if content is None:
        return None
    return State(
        inputs=_known(content.get("inputs") or {}),
        outputs=content.get("outputs") or {},
        retained=bool(content.get("retainOnDelete")),
        protected=bool(content.get("protect")),
    )


def _known(value: Any) -> Any:
    """Leave out the bridge's own marks, and say where a value is not known yet."""
    if isinstance(value, Mapping):
        return {key: _known(item) for key, item in value.items() if key != "__defaults"}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return "(known after up)" if value == _UNKNOWN else value
