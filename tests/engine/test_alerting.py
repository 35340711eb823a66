"""Alerts reach people: from a program that stops to a message with the runbook's address."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from operate import sample_alert
from tests.engine import docker, receiver, talker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import Environment
from tests.engine.mailbox import Mailbox, mailbox
from tests.engine.receiver import Receiver
from tests.engine.waiting import eventually

RUNBOOKS = "https://git.example.com/ops/docs/runbooks"
# As fast as Grafana can: it looks every ten seconds.
SHORT: dict[str, Any] = {
    "evaluationInterval": "10s",
    "pendingFactor": 0,
    "groupWait": "1s",
    "groupInterval": "5s",
    "pingInterval": "5s",
    "runbooks": RUNBOOKS,
    "thresholds": {"settling": "1s"},
}
WITHIN = 90


@dataclass(frozen=True)
class Alerted:
    """An environment whose alerts are received, and a backend that it scrapes."""

    environment: Environment
    receiver: Receiver
    mailbox: Mailbox
    backend: str
    said: str

    def complaints(self) -> list[str]:
        """Give the lines in which Grafana complains of the rules or of whom they reach."""
        lines = docker.logs(self.environment.container("grafana")).splitlines()
        errors = [line for line in lines if '"level":"error"' in line]
        # A receiver that was taken out can be tried once more, before the new files are read.
        errors = [line for line in errors if "Notify for alerts failed" not in line]
        return [line for line in errors if re.search("provision|alert|template", line)]


@pytest.fixture(scope="module")
def alerted(make_environment: MakeEnvironment) -> Iterator[Alerted]:
    """Make the environment twice: at first without receivers."""
    environment = make_environment()
    job = {"name": "backend", "targets": ["backend:3000"]}
    environment.configure(alerts=SHORT, jobs=[job])
    said = environment.up().succeeded().text
    backend = receiver.backend(environment)
    inbox = Receiver(environment)
    environment.set_secret("alertSecrets.webhookUrl", receiver.PEOPLE)
    environment.set_secret("alertSecrets.slackUrl", receiver.SLACK)
    environment.set_secret("alertSecrets.deadMansSwitchUrl", receiver.ALIVE)
    with mailbox() as mails:
        host = docker.gateway(environment.network("grafana"))
        server = f"{host}:{mails.port}"
        mail = {"to": ["team@example.com"], "sender": "monitoring@example.com", "host": server}
        environment.configure(alerts={"mail": mail})
        environment.up().succeeded()
        yield Alerted(environment, inbox, mails, backend, said)
    for name in ("receiver", "backend", "spiky"):
        docker.docker("rm", "--force", f"{environment.prefix}-{name}", check=False)


@pytest.fixture(scope="module")
def spike(alerted: Alerted) -> str:
    """Print error lines for some seconds, once Promtail has begun to read: it counts from zero."""
    name, error = f"{alerted.environment.prefix}-spiky", """{"level":"error","message":"no"}"""
    talker.start(
        name,
        f"echo '{error}'; until [ -e /tmp/go ]; do sleep 0.1; done;"
        f" for i in $(seq 1 8); do for j in $(seq 1 10); do echo '{error}'; done; sleep 1; done;"
        " sleep 3600",
    )
    grafana = alerted.environment.grafana()
    eventually(lambda: grafana.lines(f'{{container="{name}"}}'), seconds=WITHIN, what="its lines")
    docker.docker("exec", name, "touch", "/tmp/go")  # noqa: S108 - the container's own
    return name


def change(path: Path, old: str, new: str) -> None:
    """Replace the first of a text in a file, which must have it."""
    before = path.read_text()
    assert old in before
    path.write_text(before.replace(old, new, 1))


def active(environment: Environment) -> set[str]:
    """Give the names of the alerts that Grafana would send now."""
    found = environment.grafana().ask("/api/alertmanager/grafana/api/v2/alerts")
    return {alert["labels"]["alertname"] for alert in found}


def test_up_says_in_one_line_that_alerts_reach_nobody(alerted: Alerted) -> None:
    assert "alerts reach nobody: they are only shown" in alerted.said


def test_grafana_runs_every_rule_and_complains_of_none(alerted: Alerted) -> None:
    rules = alerted.environment.grafana().ask("/api/v1/provisioning/alert-rules")
    pages = {rule["annotations"]["runbook_url"] for rule in rules}
    assert pages == {f"{RUNBOOKS}/{rule['uid']}.md" for rule in rules}
    assert len(rules) > 30
    assert alerted.complaints() == []


def test_the_dead_mans_switch_is_pinged_again_and_again(alerted: Alerted) -> None:
    eventually(
        lambda: len(alerted.receiver.posts("alive")) >= 3, seconds=WITHIN, what="three pings"
    )
    assert not alerted.receiver.alerts("Watchdog", "firing")


def test_an_error_spike_in_the_logs_is_told_with_its_runbook(alerted: Alerted, spike: str) -> None:
    [alert, *_] = eventually(
        lambda: alerted.receiver.alerts("LogErrorSpike", "firing", container=spike),
        seconds=WITHIN,
        what="the alert on the spike",
    )
    assert alert["annotations"]["runbook_url"] == f"{RUNBOOKS}/LogErrorSpike.md"
    assert f"{spike} prints many errors" in alert["annotations"]["summary"]


@pytest.mark.parametrize(
    ("stopped", "name"),
    [("backend", "TargetDown"), ("loki", "MonitoringDown"), ("promtail", "MonitoringDown")],
)
def test_what_stops_is_told_with_its_runbook_and_again_when_it_is_back(
    stopped: str, name: str, alerted: Alerted
) -> None:
    container = alerted.environment.container(stopped)
    before = len(alerted.receiver.alerts(name, "resolved", job=stopped))
    docker.docker("stop", "--time", "60", container)
    try:
        [*_, alert] = eventually(
            lambda: alerted.receiver.alerts(name, "firing", job=stopped),
            seconds=WITHIN,
            what=f"the alert on {stopped}",
        )
    finally:
        docker.docker("start", container)
    assert alert["annotations"]["runbook_url"] == f"{RUNBOOKS}/{name}.md"
    assert alert["annotations"]["summary"] == f"{stopped} is down"
    message = alerted.receiver.posts()[-1]["message"]
    assert f"{RUNBOOKS}/" in message
    dashboard = "application?var-job=backend" if stopped == "backend" else "monitoring"
    assert f"Dashboard: {alerted.environment.grafana().url}/d/{dashboard}\n" in message
    eventually(
        lambda: len(alerted.receiver.alerts(name, "resolved", job=stopped)) > before,
        seconds=WITHIN,
        what=f"the message that {stopped} is back",
    )


def test_a_test_alert_goes_through_the_whole_chain(alerted: Alerted) -> None:
    grafana = alerted.environment.grafana()
    outcome = sample_alert.send(grafana.url, alerted.environment.password, seconds=WITHIN)
    assert not outcome.failed
    assert sorted(outcome.delivered) == ["email", "slack", "webhook"]
    assert alerted.receiver.alerts(sample_alert.NAME, "firing")
    assert sample_alert.NAME in json.dumps(alerted.receiver.posts("slack"))
    [mail] = [mail for mail in alerted.mailbox.mails if sample_alert.NAME in mail["Subject"]]
    assert (mail["From"], mail["To"]) == ("Grafana <monitoring@example.com>", "team@example.com")
    assert grafana.ask("/api/v1/provisioning/alert-rules") != []


def test_the_spike_is_over_when_no_more_errors_come(alerted: Alerted, spike: str) -> None:
    eventually(
        lambda: alerted.receiver.alerts("LogErrorSpike", "resolved", container=spike),
        seconds=400,
        what="the message that the spike is over",
    )


def test_prometheus_out_of_reach_is_one_alert_and_the_pings_stop(alerted: Alerted) -> None:
    prometheus = alerted.environment.container("prometheus")
    docker.docker("stop", "--time", "60", prometheus)
    try:
        eventually(
            lambda: alerted.receiver.alerts("PrometheusUnreachable", "firing"),
            seconds=WITHIN,
            what="Grafana's own alert",
        )
        eventually(
            lambda: "Watchdog" not in active(alerted.environment),
            seconds=WITHIN,
            what="no watchdog, whom the pings come from",
        )
    finally:
        docker.docker("start", prometheus)


def test_receivers_and_rules_that_are_taken_out_are_forgotten_by_grafana(
    alerted: Alerted,
) -> None:
    environment = alerted.environment
    environment.pulumi("config", "rm", "monitoring:alertSecrets").succeeded()
    environment.pulumi("config", "rm", "--path", "monitoring:alerts.mail").succeeded()
    configs = environment.project / "configs"
    change(configs / "loki/rules/loki.yml", "alert: LokiPanics", "alert: LokiPanicsUnderNewName")
    gone = "deleteRules:\n  - {orgId: 1, uid: LokiPanics}\n  - {orgId: 1, uid: NeverWasThere}"
    change(configs / "grafana/provisioning/alerting/rules.yml", "deleteRules:", gone)

    environment.up().succeeded()

    grafana = environment.grafana()
    receivers = {point["uid"] for point in grafana.ask("/api/v1/provisioning/contact-points")}
    rules = {rule["uid"] for rule in grafana.ask("/api/v1/provisioning/alert-rules")}
    assert "nobody" in receivers
    sent_to = {"people-webhook", "people-slack", "people-mail", "dead-mans-switch"}
    assert sent_to.isdisjoint(receivers)
    assert "LokiPanicsUnderNewName" in rules
    assert "LokiPanics" not in rules
    assert alerted.complaints() == []


def test_a_rule_that_promtool_cannot_read_is_refused_at_preview(alerted: Alerted) -> None:
    rules = alerted.environment.project / "configs/prometheus/rules/application.yml"
    change(rules, "== 0\n", "== = 0\n")
    said = alerted.environment.preview().failed()
    assert "fix configs/*/rules: " in said
    assert "TargetDown" in said
    assert "Traceback" not in said
