"""One disk budget: what each program gets, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from stack.settings import disk
from stack.settings.problems import SettingsError
from tests.unit.conftest import Read, assert_refused

GB = 2**30


@pytest.mark.parametrize("budget", ["4GB", "10GB", "20GB", "100GB", "2TB"])
def test_the_parts_fit_into_the_budget_and_leave_a_tenth(budget: str, read: Read) -> None:
    settings = read({"disk": budget, "blackbox": {"enabled": True}})
    assert settings.disk
    taken = sum(disk.sizes(settings).values())
    assert 0.85 * settings.disk.bytes < taken + 0.02 * settings.disk.bytes
    assert taken <= 0.9 * settings.disk.bytes


def test_each_program_gets_its_part(read: Read) -> None:
    settings = read({"disk": "20GB"})
    assert disk.shown(settings) == {
        "prometheus": "5.6 GB",
        "promtail": "2.0 GB",
        "container_logs": "0.1 GB",
        "loki": "10.0 GB",
        "free": "2.3 GB",
    }
    assert str(settings.loki.retention_size) == "10240MB"
    assert str(settings.prometheus.retention_size) == "5734MB"
    # Its write-ahead log takes up to 256 MB more.
    assert str(settings.promtail.buffer) == "1792MB"
    assert settings.container_logs.max_size == "10m"


def test_a_small_budget_has_small_logs(read: Read) -> None:
    assert read({"disk": "4GB"}).container_logs.max_size == "2m"
    explicit = {"promtail": {"buffer": "1GB"}, "prometheus": {"retentionSize": "2GB"}}
    settings = read({**explicit, "loki": {"retentionSize": "12300MB"}, "disk": "17GB"})
    assert settings.container_logs.max_size == "1m"


def test_without_a_budget_everything_is_as_it_was_and_loki_has_no_limit(read: Read) -> None:
    settings = read()
    assert disk.shown(settings) == {}
    assert settings.loki.retention_size is None
    assert str(settings.prometheus.retention_size) == "4GB"
    assert "curator" not in settings.services


def test_what_is_set_explicitly_stays_and_the_others_share_the_rest(read: Read) -> None:
    settings = read({"disk": "20GB", "prometheus": {"retentionSize": "2GB"}})
    assert settings.prometheus.retention_size.bytes == 2 * GB
    assert settings.loki.retention_size
    assert settings.loki.retention_size.bytes > 12 * GB


def test_lokis_limit_alone_brings_the_curator_too(read: Read) -> None:
    settings = read({"loki": {"retentionSize": "1GB"}})
    assert "curator" in settings.services
    assert str(settings.prometheus.retention_size) == "4GB"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"disk": "20"}, "'20', but must be a size in MB, GB or TB such as 20GB"),
        ({"disk": 20}, "20, but must be a size"),
        ({"disk": ""}, "is empty, but must be a size"),
        ({"disk": "-5GB"}, "'-5GB', but must be a size"),
        ({"disk": "20GB "}, "'20GB ', but must be a size"),
        ({"disk": "much"}, "'much', but must be a size"),
        ({"disk": ["20GB"]}, "but must be a size"),
        ({"disk": "3GB"}, "'3GB', but must be at least 4GB"),
        ({"disk": "1KB"}, "'1KB', but must be at least 4GB"),
    ],
)
def test_what_is_no_budget_is_refused(values: dict[str, Any], says: str, read: Read) -> None:
    assert_refused(read, values, "disk", says)


def test_parts_that_are_larger_than_the_budget_are_refused_with_what_is_needed(
    read: Read,
) -> None:
    values: dict[str, Any] = {"disk": "20GB", "prometheus": {"retentionSize": "18GB"}}
    says = (
        "'20GB', but must be at least 23GB: monitoring:prometheus.retentionSize takes 18.0 GB,"
        " the others need 2.3 GB, and a tenth stays free"
    )
    assert_refused(read, values, "disk", says)
    read({**values, "disk": "23GB"})
    explicit = {
        "prometheus": {"retentionSize": "4GB"},
        "loki": {"retentionSize": "8GB"},
        "promtail": {"buffer": "1GB"},
        "containerLogs": {"maxSize": "10m"},
    }
    assert_refused(read, {**explicit, "disk": "10GB"}, "disk", "must be at least 15GB")
    read({**explicit, "disk": "15GB"})


def test_a_part_larger_than_any_budget_is_refused_without_lines_that_would_be_refused_too(
    read: Read,
) -> None:
    values = {"disk": "20GB", "prometheus": {"retentionSize": "1000000TB"}}
    with pytest.raises(SettingsError) as refused:
        read(values)
    assert "Pulumi.dev.yaml" not in str(refused.value)


def test_a_limit_of_lokis_that_its_own_log_would_fill_is_refused(read: Read) -> None:
    values = {"loki": {"retentionSize": "100MB"}}
    assert_refused(read, values, "loki.retentionSize", "at least 256MB")
