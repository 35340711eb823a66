"""Rehearses a restore: in a stack beside the running one, which is gone afterwards."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from bootstrap.paths import ROOT, VENV
from bootstrap.programs import Answer, ask, finish
from bootstrap.progress import CommandError, note, step
from operate import (
    answers,
    backup,
    backup_files,
    environments,
    restore,
    running_stack,
    ssh_tunnel,
    stacks,
    verification,
    volumes,
)
from operate.archive import About
from operate.grafana_api import Grafana
from operate.running_stack import RunningStack
from operate.stacks import Stack
from operate.verification import Result
from setup.command import STACK, Command
from stack.settings.model import SERVICES, Network, prefix

# What it needs of the running one's settings not, or must not have: targets, receivers, networks.
_LEFT_OUT = (
    *("jobs", "scrapeSecrets", "alerts", "alertSecrets", "appNetworks", "logs"),
    *("blackbox", "canary", "backups"),
)
# Lines and samples that are printed just before a backup may still be on their way.
_SETTLED_SECONDS = 60
_UP_SECONDS = 900
_PROGRAM = ("Pulumi.yaml", "__main__.py", "stack", "configs")


def rehearse(stack: str, file: str) -> None:
    """Restore a backup beside the running stack, verify it, compare the two, and remove it."""
    outputs, settings = running_stack.ask(stack)
    with (
        backup_files.reading(stack, file, settings.backups) as (name, path),
        running_stack.reach(outputs, settings) as running,
    ):
        about = restore.checked(path, name)
        if about.stack != stack:
            raise CommandError(f"{name} is a backup of {about.stack}: make rehearse STACK=…")
        with step("Rehearsal") as this, backup.ended_by_signals():
            results, asked, different = compare(stacks.named(stack), running, path, about)
            this.outcome = "restored, verified, compared and removed"
    print(verification.table(results))
    print(f"{asked - len(different)} of {asked} answers are those of the running stack", flush=True)
    if different:
        print("\n".join(different))
        print("What was changed by hand after the backup differs rightly.", flush=True)
    if different or not all(result.passed for result in results):
        raise CommandError(f"{name} does not give back what runs: see above")


COMMAND = Command("rehearse", rehearse, (STACK, restore.FILE))


def compare(
    stack: Stack, running: RunningStack, file: Path, about: About, source: Path = ROOT
) -> tuple[list[Result], int, list[str]]:
    """Return what verifying the restored stack gave, how much both were asked, and what differs."""
    at = datetime.fromisoformat(about.time).timestamp() - _SETTLED_SECONDS
    wanted = answers.ask(Grafana(running.grafana_url, running.password), at)
    with restored(stack, running, file, about, source) as other:
        results = verification.check(other, just_up=True)
        found = answers.ask(Grafana(other.grafana_url, other.password), at)
    return results, len(wanted), answers.differences(wanted, found)


@contextmanager
def restored(
    stack: Stack, running: RunningStack, file: Path, about: About, source: Path
) -> Iterator[RunningStack]:
    """Yield a stack of its own that was restored, for as long as the block lasts.

    It has the settings of `stack`, but collects the logs of its own containers only, scrapes
    nothing else, and alerts nobody; its state is in a temporary folder. `source` has the program
    and the settings. Raises `CommandError`.
    """
    name = f"{stack.name}-rehearsal"
    if (source / f"Pulumi.{name}.yaml").exists():
        raise CommandError(
            f"{name} is an environment: a rehearsal, which has this name, removes it"
        )
    with TemporaryDirectory() as folder:
        project = _project(Path(folder), source, stack.name, name)
        env = {**stack.env, "PULUMI_BACKEND_URL": f"file://{folder}"}
        remove(running.host, name)
        try:
            note(f"restoring into {prefix(name)}")
            config = environments.settings(stack.name, source)
            restore.fill(running.host, name, config, file, about, replace=False)
            note(f"running: pulumi up, for {prefix(name)}")
            _pulumi(project, env, "stack", "init", name)
            _pulumi(project, env, "up", "--yes", "--skip-preview", "--stack", name)
            outputs = json.loads(_pulumi(project, env, "stack", "output", "--json").output)
            urls = {key: outputs[key] for key in ("grafana_url", "prometheus_url")}
            with ssh_tunnel.reach(running.host, urls) as reached:
                yield replace(running, **reached, network=outputs["network"])
        finally:
            remove(running.host, name)


def settings(stack: str, name: str, folder: Path) -> dict[str, Any]:
    """Return what is in the file of the throw-away stack `name` that is to be like `stack`."""
    content = environments.read(folder / f"Pulumi.{stack}.yaml")
    written = environments.settings(stack, folder)
    kept = {k: v for k, v in written.items() if k.removeprefix("monitoring:") not in _LEFT_OUT}
    ports = secrets.SystemRandom().sample(range(20_000, 32_000), 2)
    for service, port in zip(("grafana", "prometheus"), ports, strict=True):
        kept[f"monitoring:{service}"] = {**kept.get(f"monitoring:{service}", {}), "port": port}
    own = {
        "bindAddress": "127.0.0.1",
        "keepVolumes": False,
        "protectVolumes": False,
        "logs": {"includeNames": [f"{prefix(name)}-[a-z]+"]},
    }
    config = kept | {f"monitoring:{key}": value for key, value in own.items()}
    return {**content, "config": config}


def remove(host: str, name: str) -> None:
    """Remove whatever the engine has of a throw-away stack; Ctrl-C does not cut that off."""
    own = [f"{prefix(name)}-{service}" for service in SERVICES]
    networks = [f"{prefix(name)}{network.value}" for network in Network]
    for kind, names, force in (
        ("container", [*own, f"{prefix(name)}-volumes"], ("--force",)),
        ("network", networks, ()),
        ("volume", own, ("--force",)),
    ):
        there = volumes.ask(host, kind, "ls", *_EVERY[kind]).stdout.split()
        if found := [each for each in names if each in there]:
            finish("docker", "--host", host, kind, "rm", *force, *found)


_EVERY: Mapping[str, tuple[str, ...]] = {
    "container": ("--all", "--format={{.Names}}"),
    "network": ("--format={{.Name}}",),
    "volume": ("--format={{.Name}}",),
}


def _project(folder: Path, source: Path, stack: str, name: str) -> Path:
    """Write a copy of the program, with the settings of the throw-away stack; return its folder."""
    project = folder / "project"
    project.mkdir()
    for part in _PROGRAM:
        copy = shutil.copytree if (source / part).is_dir() else shutil.copy
        copy(source / part, project / part)
    (project / ".venv").symlink_to(VENV)
    (project / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump(settings(stack, name, source)))
    # Nor does it alert whom somebody entered by hand in Grafana.
    ini = project / "configs/grafana/grafana.ini"
    section = "[unified_alerting]\n"
    ini.write_text(ini.read_text().replace(section, f"{section}execute_alerts = false\n"))
    return project


def _pulumi(project: Path, env: Mapping[str, str], *words: str) -> Answer:
    options = ("--cwd", str(project), "--non-interactive", "--color", "never")
    answer = ask("pulumi", *words, *options, env=env, seconds=_UP_SECONDS)
    if not answer.ok:
        said = answer.output + answer.errors
        raise CommandError(f"pulumi {' '.join(words[:2])} failed:\n{said.strip()}")
    return answer
