"""What a reviewer must not overlook: data that is lost, ports that open, privileges that grow."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from review import upgrades
from review.impact import data, title
from review.markdown import code, words
from review.preview import Preview, State, Step
from stack.services import loki, prometheus
from stack.settings import formats

_PROVIDER = "pulumi:providers:docker"
_EVERYWHERE = "0.0.0.0"  # noqa: S104 - Docker's default, to be warned of
_GIVEN = ("privileged", "devices", "groupAdds")
_SHARED = ("networkMode", "pidMode", "ipcMode", "usernsMode")
_ROOT = ("", "0", "root")
# Where the files say how much is kept.
_RETENTIONS = (
    (prometheus.CONFIG, ("storage", "tsdb", "retention", "time"), formats.DURATION),
    (prometheus.CONFIG, ("storage", "tsdb", "retention", "size"), formats.SIZE),
    (loki.CONFIG, ("limits_config", "retention_period"), formats.DURATION),
)


@dataclass(frozen=True)
class Danger:
    """A warning; `grave` for what cannot be taken back or lets somebody in.

    `lost` is the data that is deleted, if any.
    """

    text: str
    grave: bool = True
    lost: str = ""


def find(preview: Preview) -> list[Danger]:
    """Find every danger of a preview."""
    containers = [step for step in preview.of("container") if step.new]
    return [
        *(danger for step in preview.of(_PROVIDER) for danger in _host(step)),
        *(danger for step in preview.steps if step.kind == "volume" for danger in _volume(step)),
        *(danger for step in containers for danger in (*_retention(step), *_ports(step))),
        *_ways_back(preview),
        *_power(containers),
    ]


def _host(step: Step) -> Iterator[Danger]:
    old, new = step.input("host")
    if old and new and old != new:
        text = (
            f"**The Docker host changes** from {code(old)} to {code(new)}. Pulumi takes everything"
            " for being there already, and makes nothing there. To move: `pulumi destroy` before"
            " the change, `pulumi up` after it; the data does not move along."
        )
        yield Danger(text)


def _volume(step: Step) -> Iterator[Danger]:
    if step.old is None:
        return
    held = data(step.service)
    if not held:
        return
    volume = f"the volume {code(step.old.inputs['name'])}, which holds {held}"
    if step.operation in ("delete", "replace"):
        restart = f" {title(step.service)} starts with an empty one." if step.new else ""
        if step.old.retained:
            kept = "It stays on the host (`keepVolumes`) until somebody removes it there."
            yield Danger(f"The stack forgets {volume}. {kept}{restart}", grave=False)
        else:
            yield Danger(f"**Data is deleted**: {volume}.{restart}", lost=held)
    elif step.new:
        if step.old.retained and not step.new.retained:
            yield Danger(f"From now on `pulumi destroy` deletes {volume}.", grave=False)
        if step.old.protected and not step.new.protected:
            text = f"From now on a change of the program can take away {volume}."
            yield Danger(text, grave=False)


def _retention(step: Step) -> Iterator[Danger]:
    """Find what Prometheus or Loki will delete by itself, since less is to be kept."""
    for path, keys, form in _RETENTIONS:
        old, new = (_setting(state, path, keys) for state in (step.old, step.new))
        try:
            before, after = (form.parse(value) for value in (old, new))
        except ValueError:
            continue
        if after.amount < before.amount:
            text = (
                f"**Data is deleted**: {title(step.service)} keeps only the last {code(new)}, until"
                f" now {code(old)}. It deletes what is older."
            )
            yield Danger(text, lost=f"what {title(step.service)} has beyond {after}")


def _setting(state: State | None, path: str, keys: tuple[str, ...]) -> Any:
    uploads = state.inputs.get("uploads") if state else None
    for each in uploads if isinstance(uploads, list) else []:
        if each["file"] == path:
            try:
                content: Any = yaml.safe_load(each["content"])
                for key in keys:
                    content = content[key]
            except (yaml.YAMLError, LookupError, TypeError):
                return None
            return content
    return None


def _ways_back(preview: Preview) -> Iterator[Danger]:
    for move in upgrades.moves(preview):
        if barrier := move.barrier:
            yield Danger(upgrades.refused(move, barrier))
        elif move.is_back:
            yield Danger(upgrades.untried(move), grave=False)


def _ports(step: Step) -> Iterator[Danger]:
    old, new = (
        {(port.get("ip") or _EVERYWHERE, port["external"]) for port in ports or []}
        for ports in step.input("ports")
    )
    for address, port in sorted(new - old):
        where = code(f"{address}:{port}")
        if not ipaddress.ip_address(address).is_loopback:
            text = (
                f"**A port is opened to the network**: {title(step.service)} listens on {where},"
                " where other machines can reach it."
            )
            if step.service == "prometheus":
                text += " It has no log-in: whoever reaches it reads every metric."
            yield Danger(text)
        elif step.old:
            text = f"A port is opened: {title(step.service)} listens on {where}, for this host only"
            yield Danger(f"{text}.", grave=False)


def _power(containers: list[Step]) -> Iterator[Danger]:
    given: dict[str, list[str]] = {}
    for step in containers:
        for what in _powers(step.new) - _powers(step.old):
            given.setdefault(what, []).append(title(step.service))
    for what, services in sorted(given.items()):
        yield Danger(f"**More power** for {words(services)}: {what}.")


def _powers(state: State | None) -> set[str]:
    """Return what a container may do beyond the stack's own rule: no root, no capability."""
    if state is None:
        return set()
    has = state.inputs
    capabilities, options = has.get("capabilities") or {}, has.get("securityOpts") or []
    found = {
        "it runs as root": str(has.get("user") or "").partition(":")[0] in _ROOT,
        "Docker's default capabilities": "ALL" not in (capabilities.get("drops") or []),
        "it may gain privileges, without `no-new-privileges`": not any(
            option.startswith("no-new-privileges") for option in options
        ),
    }
    return {what for what, is_so in found.items() if is_so}.union(
        (f"the capability {code(each)}" for each in capabilities.get("adds") or []),
        (code(option) for option in options if option.endswith("unconfined")),
        (_mount(each) for each in has.get("mounts") or [] if each["type"] == "bind"),
        (f"{code(key)} {code(has[key])}" for key in _GIVEN if has.get(key)),
        (f"the host's own, by {code(key)}" for key in _SHARED if has.get(key) == "host"),
    )


def _mount(mount: Mapping[str, Any]) -> str:
    source = code(mount["source"])
    if mount["source"].endswith("docker.sock"):
        return f"{source} of the host, with which it can do all that root can"
    return f"{source} of the host, to read" + ("" if mount.get("readOnly") else " and write")
