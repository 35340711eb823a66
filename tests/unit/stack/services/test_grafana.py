"""What Grafana is told, key by key, against the defaults of Grafana 13.

The lab's Grafana is too old to know them all.
"""

from __future__ import annotations

import configparser
import re
from typing import Any

import pytest
import yaml

from bootstrap.paths import ROOT
from lab.recipes import IMAGES
from stack import dashboards
from stack.service import Service
from stack.services import grafana
from stack.settings.model import DEFAULT_IMAGES
from tests.unit.conftest import Read
from tests.unit.stack.dashboard_rules import BOARDS

# Section, key, the default of 13, and ours.
KEYS = [
    ("server", "enable_gzip", "true", "false"),
    ("database", "wal", "false", "true"),
    ("analytics", "reporting_enabled", "true", "false"),
    ("analytics", "check_for_updates", "true", "false"),
    ("analytics", "check_for_plugin_updates", "true", "false"),
    ("analytics", "feedback_links_enabled", "true", "false"),
    ("news", "news_feed_enabled", "true", "false"),
    ("snapshots", "external_enabled", "true", "false"),
    ("cloud_migration", "enabled", "true", "false"),
    ("feature_toggles", "feedbackButton", "true", "false"),
    ("plugins", "preinstall_disabled", "false", "true"),
    ("plugins", "preinstall_auto_update", "true", "false"),
    ("plugins", "public_key_retrieval_disabled", "false", "true"),
]


@pytest.fixture
def service(read: Read) -> Service:
    return grafana.describe(read())


def text(service: Service, path: str) -> str:
    [content] = [file.content for file in service.files if file.path == f"/etc/grafana/{path}"]
    return content


def ini(service: Service) -> configparser.ConfigParser:
    """Read grafana.ini as Grafana does, for which `feedbackButton` is not `feedbackbutton`."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(text(service, "grafana.ini"))
    return parser


@pytest.mark.parametrize(("section", "key", "default", "ours"), KEYS)
def test_what_grafana_does_by_default_is_switched_off_or_on(
    section: str, key: str, default: str, ours: str, service: Service
) -> None:
    assert ini(service)[section][key] == ours != default


def test_only_the_data_sources_of_the_stack_run(service: Service) -> None:
    off = ini(service)["plugins"]["disable_plugins"].split(", ")
    sources: dict[str, Any] = yaml.safe_load(
        text(service, "provisioning/datasources/datasources.yml")
    )
    used = {source["type"] for source in sources["datasources"]}
    # Those of Grafana 12 and 13, which asks them itself for `-- Grafana --`, `-- Mixed --` and
    # `-- Dashboard --`, and shows the alerts with the one of the Alertmanager.
    assert not used.intersection(off)
    assert set(off) == {
        *("cloudwatch", "elasticsearch", "grafana-azure-monitor-datasource"),
        *("grafana-postgresql-datasource", "grafana-pyroscope-datasource"),
        *("grafana-testdata-datasource", "graphite", "influxdb", "jaeger", "mssql", "mysql"),
        *("opentsdb", "parca", "stackdriver", "tempo", "zipkin"),
    }


@pytest.mark.parametrize("uid", ["prometheus", "loki"])
def test_an_alert_is_listed_once_and_not_again_as_the_data_sources(
    uid: str, service: Service
) -> None:
    content = yaml.safe_load(text(service, "provisioning/datasources/datasources.yml"))
    [source] = [source for source in content["datasources"] if source["uid"] == uid]
    assert source["jsonData"]["manageAlerts"] is False


def test_the_memory_has_room_for_the_data_sources_programs_beside_the_server(read: Read) -> None:
    service = grafana.describe(read({"grafana": {"memory": "1GB"}}))
    assert service.command == ("614MiB",)
    by_default = grafana.describe(read())
    # Two data sources of up to 38 MB, and what Go does not count.
    assert (
        int(by_default.command[0].removesuffix("MiB")) + 2 * 38 < by_default.memory.mebibytes - 64
    )


@pytest.mark.parametrize(
    ("values", "url"),
    [
        ({"grafana": {"port": 3001}}, "http://localhost:3001/"),
        ({"bindAddress": "192.0.2.7"}, "http://192.0.2.7:3000/"),
    ],
)
def test_links_in_mails_and_messages_lead_to_where_people_reach_grafana(
    values: dict[str, Any], url: str, read: Read
) -> None:
    assert ini(grafana.describe(read(values)))["server"]["root_url"] == url


def test_up_waits_longer_for_grafana_than_for_the_others(service: Service) -> None:
    assert service.start_seconds == 300


def test_grafana_is_ready_only_when_the_password_is_set(service: Service) -> None:
    command = service.health.command[-1]
    assert command.startswith("test -e /tmp/password-is-set && curl ")
    assert "\nready=/tmp/password-is-set\n" in text(service, "start.sh")


def test_the_firing_alerts_are_linked_as_the_list_of_12_and_13_filters() -> None:
    links = [
        link["url"]
        for board in dashboards.load().values()
        if board["uid"] in BOARDS
        for panel in dashboards.panels(board)
        for link in panel["fieldConfig"]["defaults"].get("links", [])
        if link["url"].startswith("/alerting")
    ]
    assert set(links) == {"/alerting/list?search=state:firing"}


def test_the_table_of_versions_is_that_of_the_defaults_and_of_the_lab() -> None:
    text = (ROOT / "docs" / "operating.md").read_text()
    rows = re.findall(r"^\| (\w+) \| ([\d.]+) \| ([^|]+) \| [^|]*\|$", text, re.MULTILINE)
    tags = {
        name: image.rpartition(":")[2].lstrip("v").removesuffix("-alpine")
        for name, image in DEFAULT_IMAGES.items()
    }
    assert {name.lower(): version for name, version, _ in rows} == tags
    tested = {name.lower(): version for name, _, version in rows}
    assert tested.pop("grafana").startswith("a state of June 2023")
    assert tested == {name: IMAGES[name].version for name in tested}
