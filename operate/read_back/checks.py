"""The checks of `verify` that need the settings: what runs is what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from operate.evidence import MissingError, get
from operate.grafana_api import Grafana
from operate.read_back import panels, programs
from operate.read_back.differences import Difference
from operate.running_stack import RunningStack
from stack.services import describe
from stack.settings.model import Settings

_TOLD = 5


def checks(
    stack: RunningStack, grafana: Grafana, settings: Settings
) -> dict[str, Callable[[], str]]:
    """Return the checks by name; each raises MissingError, or GrafanaError, where it fails."""
    services = {service.name: service for service in describe(settings)}
    container = f"{settings.prefix}-promtail"
    readers: dict[str, Callable[[], Iterator[Difference]]] = {
        "prometheus": lambda: programs.prometheus(services["prometheus"], stack.prometheus_url),
        "loki": lambda: programs.loki(services["loki"], grafana),
        "promtail": lambda: programs.promtail(services["promtail"], stack.host, container),
        "grafana": lambda: programs.grafana(services["grafana"], grafana),
    }
    boards = programs.boards(services["grafana"])
    return {
        "Each program runs as the settings say": lambda: _same(readers),
        "Old metrics and lines are deleted": lambda: _retention(stack.prometheus_url, grafana),
        "Every panel is answered": lambda: panels.answer(grafana, boards),
    }


def _same(readers: dict[str, Callable[[], Iterator[Difference]]]) -> str:
    found = [str(difference) for read in readers.values() for difference in read()]
    if found:
        more = f"; and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
        raise MissingError(f"{'; '.join(found[:_TOLD])}{more}: `pulumi up`, or `docker restart`")
    return ", ".join(readers)


def _retention(prometheus: str, grafana: Grafana) -> str:
    """Look whether both delete what is old; by default Loki does not."""
    metrics = get(f"{prometheus}/api/v1/status/runtimeinfo")["storageRetention"]
    loki = programs.loki_configuration(grafana)
    lines = loki["limits_config"]["retention_period"]
    if not metrics:
        raise MissingError("Prometheus keeps its samples for ever")
    if not loki["compactor"]["retention_enabled"] or lines.startswith("0"):
        raise MissingError("Loki keeps its lines for ever: compactor.retention_enabled is off")
    return f"metrics after {metrics}, lines after {lines}"
