"""The stack of an environment with what else one could use: docker compose, or Pulumi alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import yaml

from stack.service import Service
from stack.services import describe
from stack.settings import loading
from stack.settings.model import Network, Settings
from tests.engine.environment import ROOT, Environment

_ORDER = ("Network", "RemoteImage", "Volume", "Container")


def write_compose(environment: Environment, folder: Path) -> None:
    """Write compose.yml and its files: the same images, files, health checks and limits."""
    content = yaml.safe_load((environment.project / f"Pulumi.{environment.name}.yaml").read_text())
    values = {key.partition(":")[2]: value for key, value in content["config"].items()}
    values["grafanaAdminPassword"] = environment.password
    settings = loading.parse(environment.name, values, is_secret=lambda _key: True)
    services = describe(settings)
    compose = {
        "name": settings.prefix,
        "services": {each.name: _service(each, settings, folder) for each in services},
        "networks": {
            network.name: {
                "name": f"{settings.prefix}{network.value}",
                "internal": network is Network.INTERNAL,
            }
            for network in Network
        },
        "volumes": {each.name: {"name": f"{settings.prefix}-{each.name}"} for each in services},
    }
    (folder / "compose.yml").write_text(yaml.safe_dump(_escaped(compose)))


def _service(service: Service, settings: Settings, folder: Path) -> dict[str, Any]:
    mounts = [f"{service.name}:{service.volume}"]
    mounts += [f"{bind.host_path}:{bind.path}:ro" for bind in service.binds]
    for file in service.files:
        copy = folder / service.name / file.path.removeprefix("/")
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(file.content)
        mounts.append(f"{copy}:{file.path}:ro")
    health, logs = service.health, settings.container_logs
    secrets = {name: value.reveal() for name, value in service.secrets.items()}
    content = {
        "image": service.image,
        "container_name": f"{settings.prefix}-{service.name}",
        "hostname": service.name,
        "user": service.user,
        "entrypoint": list(service.entrypoint),
        "command": list(service.command),
        "environment": {**service.environment, **secrets},
        "volumes": mounts,
        "networks": [network.name for network in service.own_networks],
        "tmpfs": [f"{path}:{options}" for path, options in service.tmpfs.items()],
        "ports": [f"{port.address}:{port.external}:{port.internal}" for port in service.ports],
        "healthcheck": {
            "test": ["CMD", *health.command],
            "interval": health.interval,
            "timeout": health.timeout,
            "start_period": health.start_period,
            "retries": health.retries,
        },
        "depends_on": list(service.after),
        "restart": "unless-stopped",
        "mem_limit": service.memory.bytes,
        "memswap_limit": service.memory.bytes,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "logging": {
            "driver": "json-file",
            "options": {"max-size": logs.max_size, "max-file": str(logs.max_files)},
        },
        "stop_grace_period": f"{service.stop_seconds}s",
    }
    return {key: value for key, value in content.items() if value}


def _escaped(value: Any) -> Any:
    """Keep compose from reading variables into texts."""
    if isinstance(value, dict):
        return {key: _escaped(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    return value.replace("$", "$$") if isinstance(value, str) else value


def write_bare(environment: Environment, folder: Path) -> None:
    """Write a Pulumi program with the resources of an environment that is up, and nothing else."""
    shutil.copytree(ROOT / "tests/benchmarks/bare", folder, dirs_exist_ok=True)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    exported = environment.pulumi("stack", "export", "--show-secrets").succeeded().text
    resources = [
        {
            "kind": each["type"].rpartition(":")[2],
            "name": each["urn"].rpartition("::")[2],
            "inputs": _plain(each["inputs"]),
            "after": ["loki"] if each["urn"].endswith("Container::promtail") else [],
        }
        for each in json.loads(exported)["deployment"]["resources"]
        if each["type"].startswith("docker:")
    ]
    resources.sort(key=lambda each: (_ORDER.index(each["kind"]), each["name"]))
    (folder / "resources.json").write_text(json.dumps(resources))


def _plain(value: Any) -> Any:
    """Take out the marks of Pulumi's: of secrets, and of what is a default."""
    if isinstance(value, dict):
        if "plaintext" in value:
            return json.loads(value["plaintext"])
        return {key: _plain(item) for key, item in value.items() if key != "__defaults"}
    return [_plain(item) for item in value] if isinstance(value, list) else value
