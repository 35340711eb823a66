"""Marks each `up` that changed something on Grafana's dashboards: what changed, and by whom."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
from pathlib import Path

import pulumi

from stack.docker import engine
from stack.services import grafana
from stack.settings.model import Settings

TAG = "deploy"


class Deploy:
    """What a run of `up` changes, gathered while it runs and then told to Grafana.

    Attributes:
        hooks: for each resource whose change is to be told.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._started: list[str] = []
        self._updated: list[str] = []
        self.hooks = pulumi.ResourceHookBinding(
            after_create=[pulumi.ResourceHook("started", self._start)],
            after_update=[pulumi.ResourceHook("updated", self._update)],
        )

    def _start(self, args: pulumi.ResourceHookArgs) -> None:
        self._started.append(args.name)

    def _update(self, args: pulumi.ResourceHookArgs) -> None:
        old, new = args.old_inputs or {}, args.new_inputs or {}
        keys = sorted(key for key in {*old, *new} if old.get(key) != new.get(key))
        self._updated.append(f"{args.name} ({', '.join(keys)})")

    def tell(self) -> None:
        """Tell Grafana, unless nothing has changed.

        What goes wrong is a warning: the deploy itself is done.
        """
        if not self._started and not self._updated:
            return
        text = description(self._started, self._updated, author())
        try:
            post(self._settings, text)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            pulumi.log.warn(f"this deploy is not marked on Grafana's dashboards: {said.strip()}")


def description(started: list[str], updated: list[str], by: str) -> str:
    """Return what a deploy did, for people who look at a graph."""
    parts = [
        f"{verb}: {', '.join(sorted(names))}"
        for verb, names in (("replaced", started), ("updated", updated))
        if names
    ]
    return f"Deploy by {by}\n{'; '.join(parts)}"


def author() -> str:
    """Return who deploys, and which commit where the project lies in a Git repository."""
    who = os.environ.get("GITHUB_ACTOR") or getpass.getuser()
    describe = ["git", "describe", "--always", "--dirty=, with changes", "--abbrev=10"]
    try:
        found = subprocess.run(
            describe, check=True, capture_output=True, text=True, cwd=Path(__file__).parent
        )
    except (OSError, subprocess.SubprocessError):
        return who
    return f"{who} ({found.stdout.strip()})"


def post(settings: Settings, text: str) -> None:
    """Write an annotation through Grafana's API, from within its container.

    So it works on any engine and with ports bound to any address. The password goes through the
    standard input: no list of processes shows it. Raises OSError or SubprocessError.
    """
    annotation = {"text": text, "tags": [TAG, settings.stack]}
    options = {
        "url": f"http://localhost:{grafana.PORT}/api/annotations",
        "user": f"admin:{settings.grafana_admin_password.reveal()}",
        "header": "Content-Type: application/json",
        "data": json.dumps(annotation),
    }
    curl = ("curl", "--fail", "--silent", "--show-error", "--config", "-")
    done = engine.run(
        settings.docker_host,
        *("exec", "--interactive", f"{settings.prefix}-grafana", *curl),
        given="".join(f"{name} = {_quoted(value)}\n" for name, value in options.items()),
    )
    done.check_returncode()


def _quoted(value: str) -> str:
    """Quote a value for curl's configuration, which knows JSON's escapes but those of letters."""
    return json.dumps(value, ensure_ascii=False)
