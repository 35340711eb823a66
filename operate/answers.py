"""What a stack answers about its data: to be compared with what another one answers."""

from __future__ import annotations

import urllib.parse
from collections.abc import Mapping

from operate.grafana_api import Grafana

Answers = Mapping[str, object]
_HOUR = "1h"


def ask(grafana: Grafana, at: float) -> dict[str, object]:
    """Ask about the hour before `at`, in seconds since 1970, and about what was saved by hand."""
    lines = f'sum by (container) (count_over_time({{container=~".+"}}[{_HOUR}]))'
    return {
        **_counts(grafana, "prometheus", "api/v1", f"count_over_time(up[{_HOUR}])", at),
        **_counts(grafana, "prometheus", "api/v1", 'count({__name__=~".+"})', at),
        **_counts(grafana, "loki", "loki/api/v1", lines, at),
        "dashboards": sorted(each["uid"] for each in grafana.ask("/api/search?type=dash-db")),
        "users": sorted(each["login"] for each in grafana.ask("/api/users")),
        "silences": sorted(
            each["id"]
            for each in grafana.ask("/api/alertmanager/grafana/api/v2/silences")
            if each["status"]["state"] == "active"
        ),
    }


def differences(wanted: Answers, found: Answers) -> list[str]:
    """Say of each answer that is not the wanted one what both are."""
    names = sorted(wanted.keys() | found.keys())
    return [
        f"{name}: {wanted.get(name, 'none')}, restored: {found.get(name, 'none')}"
        for name in names
        if wanted.get(name) != found.get(name)
    ]


def _counts(
    grafana: Grafana, source: str, api: str, expression: str, at: float
) -> dict[str, object]:
    """Ask a data source for the values of an expression, by its series."""
    query = urllib.parse.urlencode({"query": expression, "time": f"{at:.3f}"})
    answer = grafana.ask(f"/api/datasources/proxy/uid/{source}/{api}/query?{query}")
    found = answer["data"]["result"]
    return {f"{source}: {expression} {each['metric']}": each["value"][1] for each in found}
