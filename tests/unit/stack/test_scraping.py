"""Jobs: replicas behind one name, and limits that one target cannot break."""

from __future__ import annotations

from typing import Any

import pytest

from stack.services import prometheus
from tests.unit.conftest import Read, assert_refused

JOB: dict[str, Any] = {"name": "backend", "targets": ["backend:3000"]}
REPLICAS: dict[str, Any] = {**JOB, "replicas": True}


def scrape(read: Read, job: dict[str, Any], **values: Any) -> Any:
    scrapes = prometheus.configuration(read({"jobs": [job], **values}))["scrape_configs"]
    return next(scrape for scrape in scrapes if scrape["job_name"] == job["name"])


def test_a_target_is_written_down_so_that_it_is_down_where_its_name_leads_nowhere(
    read: Read,
) -> None:
    made = scrape(read, JOB)
    assert made["static_configs"] == [{"targets": ["backend:3000"]}]
    assert "dns_sd_configs" not in made


@pytest.mark.parametrize("key", ["static_configs", "dns_sd_configs"])
def test_each_job_has_targets_and_labels_of_its_own(key: str, read: Read) -> None:
    replicas = key == "dns_sd_configs"
    names = ("backend", "worker")
    jobs = [
        {"name": name, "targets": [f"{name}:3000"], "replicas": replicas, "labels": {"app": name}}
        for name in names
    ]
    scrapes = prometheus.configuration(read({"jobs": jobs}))["scrape_configs"]
    for name, made in zip(names, scrapes[-2:], strict=True):
        [target] = made[key]
        if replicas:
            assert (target["names"], target["port"]) == ([name], 3000)
            assert made["relabel_configs"][1:] == [{"target_label": "app", "replacement": name}]
        else:
            assert target == {"targets": [f"{name}:3000"], "labels": {"app": name}}


@pytest.mark.parametrize("job", [JOB, {**JOB, "replicas": True}])
def test_a_job_is_scraped_over_http_unless_it_says_https(job: dict[str, Any], read: Read) -> None:
    assert scrape(read, job)["scheme"] == "http"
    assert scrape(read, {**JOB, "scheme": "https"})["scheme"] == "https"


def test_a_token_is_read_from_a_file_in_memory_too(read: Read) -> None:
    job = {**JOB, "auth": "bearer"}
    made = scrape(read, job, scrapeSecrets={"backend": "s3cret"})
    assert made["authorization"] == {"credentials_file": "/run/secrets/backend"}
    assert "basic_auth" not in made
    assert not {"authorization", "basic_auth"} & scrape(read, JOB).keys()


def test_each_container_behind_a_name_with_replicas_is_a_target_of_its_own(read: Read) -> None:
    made = scrape(read, {**REPLICAS, "targets": ["backend:3000", "worker:9100"]})
    assert "static_configs" not in made
    found = [(each["names"], each["type"], each["port"]) for each in made["dns_sd_configs"]]
    assert found == [(["backend"], "A", 3000), (["worker"], "A", 9100)]


def test_a_replicas_instance_has_the_name_and_the_address(read: Read) -> None:
    rule = scrape(read, REPLICAS)["relabel_configs"][0]
    assert rule["source_labels"] == ["__meta_dns_name", "__address__"]
    assert (rule["separator"], rule["target_label"]) == ("-", "instance")


def test_labels_reach_replicas_too(read: Read) -> None:
    rules = scrape(read, {**REPLICAS, "labels": {"team": "a$b"}}, labels={"env": "dev"})
    assert rules["relabel_configs"][1:] == [
        {"target_label": "env", "replacement": "dev"},
        # In a replacement `$` stands before a group of the expression.
        {"target_label": "team", "replacement": "a$$b"},
    ]


@pytest.mark.parametrize(
    ("changes", "key", "says"),
    [
        ({"scheme": "https"}, "scheme", "reached by their addresses"),
        ({"targets": ["host.docker.internal:3000"]}, "targets[0]", "a name in a Docker network"),
        ({"targets": ["172.18.0.5:3000"]}, "targets[0]", "a name in a Docker network"),
        ({"sampleLimit": 0}, "sampleLimit", "from 1 to 1000000"),
        ({"replicas": 3}, "replicas", "true or false"),
    ],
)
def test_replicas_that_no_name_server_knows_are_refused(
    changes: dict[str, Any], key: str, says: str, read: Read
) -> None:
    assert_refused(read, {"jobs": [{**REPLICAS, **changes}]}, f"jobs[0].{key}", says)


def test_no_target_may_expose_more_series_than_fit_into_the_memory(read: Read) -> None:
    for job in (JOB, REPLICAS):
        limits = scrape(read, job)
        assert limits["sample_limit"] == 10_000
        assert {"label_limit", "label_value_length_limit", "body_size_limit"} <= limits.keys()
        assert scrape(read, {**job, "sampleLimit": 50_000})["sample_limit"] == 50_000


def test_one_query_cannot_take_all_of_the_memory(read: Read) -> None:
    command = prometheus.describe(read({"prometheus": {"memory": "512MB"}})).command
    [limit] = [int(each.split("=")[1]) for each in command if each.startswith("--query.max-")]
    assert limit * 16 < 512 * 2**20 / 8
