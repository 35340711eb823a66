"""An environment of a test's own: a copy of the program, a stack name, ports, and a state."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from operate import stacks
from stack.settings import loading
from stack.settings.model import Settings
from tests.engine import docker
from tests.engine.grafana import Grafana

ROOT = Path(__file__).parents[2]
SERVICES = tuple(
    loading.parse("t", {"grafanaAdminPassword": "any text"}, is_secret=lambda _key: True).services
)
"""Those that are on unless the settings say otherwise."""
# What `pulumi up` runs; copied, so that a test can change it.
_PROGRAM = ("Pulumi.yaml", "__main__.py", "stack", "configs")


@dataclass(frozen=True)
class Run:
    """What a run of the Pulumi CLI ended with."""

    code: int
    text: str

    def succeeded(self) -> Run:
        """Give the run itself, or raise AssertionError with what the CLI said."""
        assert self.code == 0, self.text
        return self

    def failed(self) -> str:
        """Give what the CLI said; raise AssertionError where it succeeded."""
        assert self.code != 0, self.text
        return self.text


def free_port() -> int:
    """Give a port of the host that nothing holds.

    It is below the ports that the kernel gives to outgoing connections (32768 and up on Linux): one
    of those could take it before the stack does.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


def without_its_own(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return an environment's settings without what a test must not use or reach.

    That is what is encrypted, as `make up` leaves it in a checkout, with the key to it; the server
    that it deploys to; and the people whom it alerts.
    """
    reached = ("monitoring:dockerHost", "monitoring:alerts")
    config = content["config"].items()
    kept = {k: v for k, v in config if k not in reached and not _is_encrypted(v)}
    return {"config": kept}


def _is_encrypted(value: object) -> bool:
    return isinstance(value, Mapping) and (
        "secure" in value or any(_is_encrypted(part) for part in value.values())
    )


class Environment:
    """One stack on the engine, driven by the `pulumi` command as a user does.

    Its state, its secrets and its settings are in `folder`; no other stack is touched. The settings
    begin as those of the project's environment `like`, where that is given, without its secrets,
    server and receivers. `backend` is the URL of its state.
    """

    def __init__(self, folder: Path, images: dict[str, str], like: str | None = None) -> None:
        self.name = f"t{secrets.token_hex(3)}"
        self.prefix = f"monitoring-{self.name}"
        self.project = folder / "project"
        self.password = secrets.token_urlsafe(12)
        self.passphrase = secrets.token_urlsafe(12)
        self._state = folder / "state"
        self.backend = f"file://{self._state}"
        self._settings = self.project / f"Pulumi.{self.name}.yaml"
        self._copy_program()
        if like:
            file = ROOT / f"Pulumi.{like}.yaml"
            settings = without_its_own(yaml.safe_load(file.read_text()))
            self._settings.write_text(yaml.safe_dump(settings))
        self.pulumi("stack", "init", self.name).succeeded()
        self.configure(
            grafana={"image": images["grafana"], "port": free_port()},
            prometheus={
                "image": images["prometheus"],
                "port": free_port(),
                "scrapeInterval": "1s",
            },
            loki={"image": images["loki"]},
            promtail={"image": images["promtail"]},
        )
        if like:
            self.configure(
                canary={"image": images["canary"]}, socketproxy={"image": images["socketproxy"]}
            )
        else:
            self.configure(keepVolumes=False)
        self.set_password(self.password)

    def _copy_program(self) -> None:
        for folder in (self.project, self._state):
            folder.mkdir()
        for name in _PROGRAM:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, self.project / name)
        (self.project / ".venv").symlink_to(ROOT / ".venv")

    def pulumi(self, *arguments: str, stdin: str = "") -> Run:
        """Run the CLI on this stack."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.project,
            env=self.variables(),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        return Run(done.returncode, done.stdout + done.stderr)

    def command(self, *arguments: str) -> list[str]:
        """Give the command of the CLI, without colours and without questions."""
        return ["pulumi", *arguments, "--non-interactive", "--color", "never"]

    def variables(self) -> dict[str, str]:
        """Give the variables in which the CLI finds the state and opens its secrets."""
        return {
            **os.environ,
            "PULUMI_BACKEND_URL": self.backend,
            "PULUMI_CONFIG_PASSPHRASE": self.passphrase,
            "PULUMI_SKIP_UPDATE_CHECK": "1",
        }

    def configure(self, **settings: Any) -> None:
        """Set settings as they are written below `monitoring:`; a mapping adds to what is there."""
        content = yaml.safe_load(self._settings.read_text()) if self._settings.exists() else {}
        config = content.setdefault("config", {})
        for key, value in settings.items():
            name = f"monitoring:{key}"
            old = config.get(name)
            both = isinstance(old, dict) and isinstance(value, dict)
            config[name] = {**old, **value} if both else value
        self._settings.write_text(yaml.safe_dump(content))

    def settings(self) -> Settings:
        """Return all settings as the program reads them."""
        shown = self.pulumi("config", "--json", "--show-secrets").succeeded()
        return stacks.settings(self.name, shown.text)

    def setting(self, service: str, key: str) -> Any:
        """Give a setting as it is written in the environment's file."""
        return yaml.safe_load(self._settings.read_text())["config"][f"monitoring:{service}"][key]

    def config(self) -> dict[str, Any]:
        """Return the settings by full key, without secrets, server and receivers."""
        content = yaml.safe_load(self._settings.read_text())
        return dict(without_its_own(content)["config"])

    def set_secret(self, path: str, value: str) -> None:
        """Set a secret through the CLI, which encrypts it."""
        arguments = ("config", "set", "--secret", "--path", f"monitoring:{path}")
        self.pulumi(*arguments, stdin=value).succeeded()

    def set_password(self, password: str) -> None:
        """Set the administrator's password; it takes effect at the next `up`."""
        self.set_secret("grafanaAdminPassword", password)

    def up(self, *arguments: str) -> Run:
        """Run `pulumi up` without asking, and without its preview, which costs half of the time."""
        return self.pulumi("up", "--yes", "--skip-preview", *arguments)

    def preview(self, *arguments: str) -> Run:
        """Run `pulumi preview`."""
        return self.pulumi("preview", *arguments)

    def outputs(self) -> dict[str, Any]:
        """Give the stack's outputs."""
        outputs: dict[str, Any] = json.loads(
            self.pulumi("stack", "output", "--json").succeeded().text
        )
        return outputs

    def container(self, service: str) -> str:
        """Give a service's name on the engine."""
        return f"{self.prefix}-{service}"

    def network(self, kind: str) -> str:
        """Give the name of the stack's network `internal`, or of the one for people, `grafana`."""
        return f"{self.prefix}-{kind}"

    def ids(self) -> dict[str, str]:
        """Give the engine's id of each service's container."""
        return {name: docker.inspect(self.container(name))["Id"] for name in SERVICES}

    def is_healthy(self) -> bool:
        """Tell whether the engine's health checks have found all services ready.

        After an `up`, which does not wait for these, that is so at the latest after their interval.
        """
        return all(docker.health(self.container(name)) == "healthy" for name in SERVICES)

    def grafana(self, password: str | None = None) -> Grafana:
        """Give Grafana's API as the administrator uses it."""
        return Grafana(
            f"http://localhost:{self.setting('grafana', 'port')}", password or self.password
        )

    def state(self) -> str:
        """Give the stack's whole state file, and its backups, as they lie on disk."""
        files = [path for path in self._state.rglob("*") if path.is_file()]
        return "\n".join(path.read_text(errors="replace") for path in files)

    def remove(self) -> None:
        """Remove whatever of the stack is on this machine's engine.

        It takes a second; `pulumi destroy`, which test_neighbours.py has, waits for each program.
        """
        docker.remove_all(self.prefix)
