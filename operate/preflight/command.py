"""Asks all questions of the preflight, and says what was found."""

from __future__ import annotations

import json as json_format
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from typing import Any

from bootstrap.progress import CommandError, note, step
from operate import backup_files, stacks
from operate.preflight import containers, engine, probe, upgrades
from setup import docker_engine, pulumi_cli
from setup.command import JSON, STACK, Command
from stack.docker.engine import EngineError, ask
from stack.docker.preflight import Finding, at_once, no_way_back, obstacles
from stack.docker.upgrades import planned
from stack.service import Service
from stack.services import describe
from stack.settings.model import Settings


def preflight(stack: str, *, json: bool = False) -> None:
    """Look whether the stack would be well on its engine, and say what to do; change nothing.

    It fails where `up` would, and only warns of all else.
    """
    pulumi_cli.ready(stack)
    found = _look(stacks.open_stack(stack).settings())
    if json:
        print(json_format.dumps([asdict(finding) for finding in found], indent=2))
    else:
        print(report(found) or "Nothing was found.", flush=True)
    _stop(found)


COMMAND = Command("preflight", preflight, (STACK, JSON))


def before_up(settings: Settings) -> None:
    """Say what the stack would suffer from. Raises `CommandError` where it cannot be there."""
    found = _look(settings)
    for line in report(found).splitlines():
        note(line)
    _stop(found)


def report(found: list[Finding]) -> str:
    """Return the findings as a person reads them, those that stop an update first."""
    return "\n\n".join(
        f"{'STOPS' if each.stops else 'warning'}: {each.what}\n"
        + "\n".join(f"  {line}" for line in f"{each.why}\n{each.remedy}".splitlines())
        for each in sorted(found, key=lambda each: not each.stops)
    )


def findings(settings: Settings) -> list[Finding]:
    """Ask the engine everything. Raises EngineError where it does not answer."""
    address, services = settings.docker_host, describe(settings)
    asked = time.time()
    info: dict[str, Any] = json_format.loads(ask(address, "info", "--format", "{{json .}}")[0])
    ahead = engine.seconds_ahead(info, asked)
    missing = engine.missing_images(address, services)
    questions: list[Callable[[], Iterable[Finding]]] = [
        lambda: obstacles(address, settings.prefix, services),
        lambda: engine.findings(info, ahead, services),
        lambda: engine.to_pull(address, missing),
        lambda: _moves(settings, services),
        lambda: containers.findings(containers.running(address), settings),
    ]
    collector = probe.collector(services)
    if collector and collector.image not in missing:
        questions += [
            lambda: probe.socket(address, settings, collector, info),
            lambda: probe.disk(address, settings, collector.image),
        ]
    return at_once(questions)


def _moves(settings: Settings, services: tuple[Service, ...]) -> Iterator[Finding]:
    # Once: the programs themselves are asked for their versions.
    moves = planned(settings.docker_host, settings.prefix, services)
    yield from no_way_back(moves, services)
    if moves:
        age = backup_files.told(settings.stack, settings.backups)
        yield from upgrades.findings(moves, settings.stack, age)


def _look(settings: Settings) -> list[Finding]:
    with step("Preflight") as this:
        facts, version = docker_engine.look(settings.docker_host)
        if not facts.answers:
            # Raises with what to do, unless this machine may get an engine by itself.
            docker_engine.decide(facts)
            raise CommandError(f"the engine at {facts.host} does not answer: run `make prepare`")
        try:
            found = findings(settings)
        except EngineError as error:
            raise CommandError(str(error)) from None
        stops = sum(finding.stops for finding in found)
        this.outcome = f"Docker {version}: {stops} obstacles, {len(found) - stops} warnings"
    return found


def _stop(found: list[Finding]) -> None:
    if any(finding.stops for finding in found):
        raise CommandError("nothing was changed: do first what stands above beside STOPS")
