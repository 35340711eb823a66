"""The names of the application's metrics, renamed to those that dashboards and alerts ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stack import formats
from stack.reading import setting

HISTOGRAM = "http_request_duration_seconds"


@dataclass(frozen=True)
class Metrics:
    """What a job calls its metrics; the defaults are the names that need no renaming."""

    duration: str = setting(
        formats.HISTOGRAM_NAME,
        "Its histogram of request durations in seconds, without `_bucket`.",
        HISTOGRAM,
    )
    method: str = setting(
        formats.LABEL_NAME, "The histogram's label for the HTTP method.", "method"
    )
    route: str = setting(
        formats.LABEL_NAME, "Its label for the route's pattern, such as `/items/:id`.", "route"
    )
    status_code: str = setting(
        formats.LABEL_NAME, "Its label for the status, as `503` or `5xx`.", "status_code"
    )
    prefix: str = setting(
        formats.METRIC_PREFIX, "What precedes the names of prom-client's default metrics.", ""
    )

    @property
    def labels(self) -> dict[str, str]:
        """The histogram's labels: the name that is asked for, and the application's own."""
        return {"method": self.method, "route": self.route, "status_code": self.status_code}


def relabelling(names: Metrics) -> list[dict[str, Any]]:
    """Give the `metric_relabel_configs` that rename a job's series; none where nothing differs.

    Labels come first: their rules know the series by its old name.
    """
    rules: list[dict[str, Any]] = []
    series = f"{names.duration}_(?:bucket|sum|count)"
    for wanted, own in names.labels.items():
        if own != wanted:
            copied = {"source_labels": ["__name__", own], "regex": f"{series};(.+)"}
            rules.append({**copied, "target_label": wanted})
            # A label set to nothing is a label removed.
            removed = {"source_labels": ["__name__"], "regex": series, "replacement": ""}
            rules.append({**removed, "target_label": own})
    if names.duration != HISTOGRAM:
        rules.append(_rename(f"{names.duration}(_bucket|_sum|_count)", f"{HISTOGRAM}$1"))
    if names.prefix:
        rules.append(_rename(f"{names.prefix}((?:nodejs|process)_.+)", "$1"))
    return rules


def _rename(regex: str, replacement: str) -> dict[str, Any]:
    rule = {"source_labels": ["__name__"], "regex": regex}
    return {**rule, "target_label": "__name__", "replacement": replacement}
