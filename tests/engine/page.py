"""A dashboard as Grafana's page asks for it: its variables, and the queries of its panels."""

from __future__ import annotations

import re
import time
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from operate.read_back import panels
from tests.engine.grafana import Grafana

SHOWN_SECONDS = 300


@dataclass(frozen=True)
class Page:
    """One dashboard of the last `seconds`; `chosen` are variables set by hand."""

    grafana: Grafana
    uid: str
    chosen: Mapping[str, str]
    seconds: int = SHOWN_SECONDS

    def dashboard(self) -> dict[str, Any]:
        """Return the dashboard as Grafana holds it."""
        found: dict[str, Any] = self.grafana.ask(f"/api/dashboards/uid/{self.uid}")["dashboard"]
        return found

    def options(self) -> dict[str, list[str]]:
        """Return what each variable that asks a data source can be set to."""
        values = self._values()
        return {each["name"]: self._options(each, values) for each in self._variables()}

    def question(self, target: Mapping[str, Any]) -> str:
        """Return a query with the variables' values in it."""
        return panels.substituted(target["expr"], self._values())

    def answers(self, panel: Mapping[str, Any]) -> dict[str, list[list[Any]]]:
        """Ask all of a panel's queries at once; return for each the last column of its frames.

        Raises AssertionError with what Grafana says of a query that fails.
        """
        return {
            letter: [frame["data"]["values"][-1] for frame in frames if _has_rows(frame)]
            for letter, frames in self._frames(panel).items()
        }

    def not_numbers(self, panel: Mapping[str, Any]) -> list[str]:
        """Return the letters of a panel's queries whose answers have a NaN or infinity in them."""
        return [
            letter
            for letter, frames in self._frames(panel).items()
            # Where JSON has no number for it, Grafana names the places beside the values.
            if any(any(frame["data"].get("entities") or []) for frame in frames)
        ]

    def _frames(self, panel: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
        queries = panels.queries(panel, self._values())
        results = self.grafana.results(queries, self.seconds)
        for target in queries:
            error = results[target["refId"]].get("error")
            assert not error, f"{panel['title']}: {target['expr']}: {error}"
        return {letter: answer["frames"] for letter, answer in results.items()}

    def _values(self) -> dict[str, str]:
        """Return each variable's value as it goes into a query: the chosen one, or all.

        All is what the variable says of it, else each of its options.
        """
        values = panels.values(self.dashboard()) | dict(self.chosen)
        for each in self._variables():
            if each.get("includeAll") and not values[each["name"]]:
                # As Grafana escapes: once for the expression, and once for the text around it.
                options = (name.replace(".", r"\\.") for name in self._options(each, values))
                values[each["name"]] = f"({'|'.join(options)})"
        return values

    def _variables(self) -> list[dict[str, Any]]:
        every = self.dashboard()["templating"]["list"]
        return [variable for variable in every if variable["type"] == "query"]

    def _options(self, variable: Mapping[str, Any], values: Mapping[str, str]) -> list[str]:
        source, query = variable["datasource"]["uid"], variable["query"]
        if source == "loki":
            label, key, selector, unit = query["label"], "query", query["stream"], 1e6
        else:
            match = re.fullmatch(r"label_values\((.*), (\w+)\)", query["query"])
            assert match, query
            selector, label, key, unit = match[1], match[2], "match[]", 0.001
        start, end = (int(milliseconds * unit) for milliseconds in _shown())
        asked = {key: panels.substituted(selector, values), "start": start, "end": end}
        prefix = "" if source == "loki" else "api/v1/"
        path = f"{prefix}label/{label}/values?{urllib.parse.urlencode(asked)}"
        answer = self.grafana.ask(f"/api/datasources/uid/{source}/resources/{path}")
        return sorted(answer.get("data", []))


def _shown() -> tuple[int, int]:
    """Return the shown time, in milliseconds since 1970."""
    now = int(time.time() * 1000)
    return now - SHOWN_SECONDS * 1000, now


def _has_rows(frame: Mapping[str, Any]) -> bool:
    columns = frame["data"]["values"]
    return bool(columns) and any(value is not None for value in columns[-1])
