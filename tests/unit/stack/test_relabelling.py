from __future__ import annotations

import re
from typing import Any

import pytest

from stack.scraping import relabelling
from stack.services import prometheus
from stack.settings.jobs import Metrics
from tests.unit.conftest import Read, assert_refused

JOB: dict[str, Any] = {"name": "backend", "targets": ["backend:3000"]}
OTEL = Metrics(
    duration="http_server_request_duration_seconds",
    method="http_request_method",
    route="http_route",
    status_code="http_response_status_code",
)


def relabelled(names: Metrics, series: dict[str, str]) -> dict[str, str]:
    """Apply the rules as Prometheus does: anchored, `$1` of the joined labels, empty removes."""
    for rule in relabelling(names):
        joined = ";".join(series.get(name, "") for name in rule["source_labels"])
        match = re.fullmatch(rule["regex"], joined)
        if match:
            value = rule.get("replacement", "$1").replace("$1", match[1] if match.re.groups else "")
            series = {**series, rule["target_label"]: value}
    return {name: value for name, value in series.items() if value}


def test_the_contracts_own_names_need_no_renaming(read: Read) -> None:
    scrapes = prometheus.configuration(read({"jobs": [JOB]}))["scrape_configs"]
    assert not [scrape for scrape in scrapes if "metric_relabel_configs" in scrape]


def test_a_jobs_own_names_are_relabelled_when_it_is_scraped(read: Read) -> None:
    job = {**JOB, "metrics": {"duration": "requests_seconds", "route": "path"}}
    made = prometheus.configuration(read({"jobs": [job]}))["scrape_configs"][-1]
    series = "requests_seconds_(?:bucket|sum|count)"
    name = ["__name__"]
    assert made["metric_relabel_configs"] == [
        {"source_labels": [*name, "path"], "regex": f"{series};(.+)", "target_label": "route"},
        # By default a replacement is `$1`, which would leave the label where it is.
        {"source_labels": name, "regex": series, "target_label": "path", "replacement": ""},
        {
            "source_labels": name,
            "regex": "requests_seconds(_bucket|_sum|_count)",
            "target_label": "__name__",
            "replacement": "http_request_duration_seconds$1",
        },
    ]


@pytest.mark.parametrize("suffix", ["bucket", "sum", "count"])
def test_another_histogram_gets_the_name_and_the_labels_that_dashboards_ask_for(
    suffix: str,
) -> None:
    series = {
        "__name__": f"http_server_request_duration_seconds_{suffix}",
        "http_request_method": "GET",
        "http_route": "/api/items/:id",
        "http_response_status_code": "200",
        "le": "0.5",
    }
    assert relabelled(OTEL, series) == {
        "__name__": f"http_request_duration_seconds_{suffix}",
        "method": "GET",
        "route": "/api/items/:id",
        "status_code": "200",
        "le": "0.5",
    }


def test_other_metrics_keep_their_name_and_their_labels() -> None:
    series = {"__name__": "http_client_request_duration_seconds_sum", "http_route": "/a"}
    assert relabelled(OTEL, series) == series


def test_a_prefix_of_the_default_metrics_is_taken_away_and_of_no_other() -> None:
    names = Metrics(prefix="shop_")
    assert relabelled(names, {"__name__": "shop_nodejs_heap_size_used_bytes"}) == {
        "__name__": "nodejs_heap_size_used_bytes"
    }
    assert relabelled(names, {"__name__": "shop_orders_total"}) == {"__name__": "shop_orders_total"}


@pytest.mark.parametrize(
    ("metrics", "key", "says"),
    [
        ({"duration": "http_duration_bucket"}, "duration", "without _bucket"),
        ({"duration": "http-duration"}, "duration", "the name of a histogram"),
        ({"route": "http.route"}, "route", "a label name"),
        ({"route": "method"}, "route", "means something else already"),
        ({"statusCode": "le"}, "statusCode", "means something else already"),
        ({"prefix": "9"}, "prefix", "beginning of a metric's name"),
        ({"histogram": "x"}, "histogram", "is not a setting"),
    ],
)
def test_a_name_that_cannot_be_one_is_refused(
    metrics: dict[str, str], key: str, says: str, read: Read
) -> None:
    assert_refused(read, {"jobs": [{**JOB, "metrics": metrics}]}, f"jobs[0].metrics.{key}", says)
