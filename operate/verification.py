"""Proves from outside that a stack works: its programs answer, and metrics and logs arrive.

What needs a moment after a deploy, such as the first scrape, is looked at again until a deadline.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache, partial
from typing import Any

from bootstrap.progress import CommandError, note, step
from operate import backup_files, evidence, running_stack, scrape_errors
from operate.evidence import UNAUTHORIZED
from operate.grafana_api import Grafana, GrafanaError
from operate.loss.measurement import measure
from operate.loss.result import Plan
from operate.read_back import checks as read_back
from operate.running_stack import RunningStack
from setup.command import JSON, STACK, Command, Option
from stack.settings.model import Settings

DEADLINE_SECONDS = 120.0
"""More than the alert rules' interval, and than the longest usual one between two scrapes."""
_PAUSE_SECONDS = 1
_RATE = "100"
_RECENT_SECONDS = 60


@dataclass(frozen=True)
class Result:
    """What a check saw last."""

    name: str
    passed: bool
    seen: str


def verify(stack: str, loss: str = "", rate: str = _RATE, *, json: bool = False) -> None:
    """Prove from outside that a running stack works, and say what was seen.

    With --loss, a container of its own prints numbered lines for that long, and all are read back
    from Loki: how many are missing, and how late the others were. A missing line is a failure.
    """
    plan = Plan.parse(loss, rate) if loss else None
    outputs, settings = running_stack.ask(stack)
    with running_stack.reach(outputs, settings) as reached:
        results = _looked(reached, settings, DEADLINE_SECONDS)
        if not json:
            print(table(results))
            print(backup_files.told(stack, settings.backups), flush=True)
        lost = measure(reached, settings.prefix, plan) if plan else None
    if json:
        found = {"checks": [*map(asdict, results)], "loss": asdict(lost) if lost else None}
        print(backup_files.as_json(found))
    elif lost:
        print(lost)
    _must_have_passed(stack, results)
    if lost and lost.missing:
        raise CommandError(f"{lost.printed - lost.found} of {lost.printed} lines are missing")


def prove(stack: str, outputs: Mapping[str, Any], settings: Settings, seconds: float) -> None:
    """Do as `verify` does, for a stack that is `just_up`; see `check`."""
    with running_stack.reach(outputs, settings) as reached:
        results = _looked(reached, settings, seconds, just_up=True)
    print(table(results), flush=True)
    _must_have_passed(stack, results)


COMMAND = Command(
    "verify",
    verify,
    (
        STACK,
        Option("loss", "measure the loss of lines for that long, such as 60s", ""),
        Option("rate", f"how many lines are printed in a second (default: {_RATE})", _RATE),
        JSON,
    ),
)


def _looked(
    reached: RunningStack, settings: Settings, seconds: float, *, just_up: bool = False
) -> list[Result]:
    with step("Verification") as this:
        results = check(reached, seconds, just_up=just_up, settings=settings)
        passed = sum(result.passed for result in results)
        this.outcome = f"{passed} of {len(results)} checks passed"
    return results


def _must_have_passed(stack: str, results: Iterable[Result]) -> None:
    if not all(result.passed for result in results):
        raise CommandError(f"the stack {stack} does not work: see the failed checks above")


def check(
    stack: RunningStack,
    seconds: float = DEADLINE_SECONDS,
    *,
    just_up: bool = False,
    settings: Settings | None = None,
) -> list[Result]:
    """Do every check until it passes, at most for so many seconds.

    With `settings`, what each program runs with is compared with them, and every panel is asked.

    What is `just_up` is not waited for: the application may come after the stack, rules need not
    have been evaluated yet, a sample may be a minute old, and containers may have printed nothing.
    """
    grafana = _Administrator(stack.grafana_url, stack.password)
    checks = _checks(stack, grafana, just_up=just_up)
    if settings:
        checks |= read_back.checks(stack, grafana, settings)
    waiting, results = dict(checks), {}
    deadline, told = time.monotonic() + seconds, False
    while True:
        for name, look in list(waiting.items()):
            results[name], final = _result(name, look)
            if final:
                del waiting[name]
        if not waiting or time.monotonic() > deadline:
            return [results[name] for name in checks]
        if not told:
            note(f"waiting up to {seconds:.0f} s for: {', '.join(waiting)}")
        told = True
        time.sleep(_PAUSE_SECONDS)


def table(results: Iterable[Result]) -> str:
    """Return a line for each check."""
    results = list(results)
    width = max(len(each.name) for each in results)
    return "\n".join(
        f"  {'ok' if each.passed else 'FAILED':6}  {each.name:{width}}  {each.seen}"
        for each in results
    )


def _result(name: str, look: Callable[[], str]) -> tuple[Result, bool]:
    """Look once; return also whether looking again is of no use."""
    try:
        return Result(name, passed=True, seen=look()), True
    except OSError as error:
        final = isinstance(error, GrafanaError) and error.code == UNAUTHORIZED
        return Result(name, passed=False, seen=str(error)), final


class _Administrator(Grafana):
    """Grafana locks the administrator out after five wrong passwords, so one is enough."""

    _refused = False

    def text(self, path: str, body: object = None, *, method: str | None = None) -> str:
        if self._refused:
            raise GrafanaError("not asked, since the password is refused", UNAUTHORIZED)
        try:
            return super().text(path, body, method=method)
        except GrafanaError as error:
            self._refused = error.code == UNAUTHORIZED
            raise


def _checks(
    stack: RunningStack, grafana: Grafana, *, just_up: bool
) -> dict[str, Callable[[], str]]:
    prometheus = stack.prometheus_url
    # Once for each error: it may ask the engine, and is looked at every second.
    explain = cache(partial(scrape_errors.explained, network=stack.network, host=stack.host))
    oldest = time.time() - (_RECENT_SECONDS if just_up else 0)
    return {
        "Grafana answers": lambda: str(grafana.ask("/api/health")["version"]),
        "Its administrator can log in": lambda: evidence.log_in(grafana),
        "Prometheus answers": lambda: evidence.version(prometheus),
        "Every target is up": lambda: evidence.targets(prometheus, explain, own_only=just_up),
        "Grafana reaches Prometheus": lambda: evidence.source(grafana, "prometheus"),
        "Grafana reaches Loki": lambda: evidence.source(grafana, "loki"),
        "Metrics arrive": lambda: evidence.samples(grafana, oldest),
        "Logs arrive": lambda: evidence.lines(grafana, may_be_quiet=just_up),
        "Every rule can be evaluated": lambda: evidence.rules(
            grafana, prometheus, may_wait=just_up
        ),
    }
