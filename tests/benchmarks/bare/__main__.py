"""Nothing but the resources of `resources.json`, which hold no setting, check or wait."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pulumi
import pulumi_docker as docker

_KINDS = {
    "Network": docker.Network,
    "RemoteImage": docker.RemoteImage,
    "Volume": docker.Volume,
    "Container": docker.Container,
}


def main() -> None:
    """Declare each resource, after those that its inputs name."""
    made: dict[str, Any] = {}
    networks: dict[str, docker.Network] = {}
    for each in json.loads(Path("resources.json").read_text()):
        inputs = {re.sub("[A-Z]", r"_\g<0>", key).lower(): v for key, v in each["inputs"].items()}
        if each["kind"] == "Container":
            inputs["image"] = made[f"{each['name']}-image"].image_id
            for joined in inputs["networks_advanced"]:
                joined["name"] = networks[joined["name"]].name
            inputs["mounts"][0]["source"] = made[f"{each['name']}-volume"].name
        after = [made[name] for name in each["after"]]
        options = pulumi.ResourceOptions(depends_on=after)
        made[each["name"]] = _KINDS[each["kind"]](each["name"], opts=options, **inputs)
        if each["kind"] == "Network":
            networks[inputs["name"]] = made[each["name"]]


main()
