"""Alerts: the rules with the settings' values, their conversion for Grafana, and who gets them."""

from __future__ import annotations

import functools
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from bootstrap.paths import ROOT
from stack import configs
from stack.alerts import grafana as alerting
from stack.alerts import rules
from stack.configs import FileError
from stack.services import grafana, prometheus
from stack.settings import contradictions, loading
from stack.settings.formats import DURATION
from stack.settings.model import Settings
from tests.unit.conftest import Read, assert_refused, scope

EVERY_SERVICE: dict[str, dict[str, Any]] = {
    **{name: {"enabled": True} for name in ("socketproxy", "blackbox", "canary")},
    "loki": {"retentionSize": "1GB"},
}
JOB = {"name": "backend", "targets": ["backend:3000"]}
HOOK = "https://hooks.example.com/T0/s3cret"
MAIL = {"to": ["a@example.com", "b@example.com"], "sender": "m@example.com", "host": "smtp:587"}


RULES = sorted((ROOT / "configs").glob(f"*/{rules.FOLDER}/*.yml"))
PLACE = "group application, rule 1"
DOWN = f"{PLACE} (TargetDown)"
THRESHOLDS = ROOT / "configs/prometheus/rules/thresholds.yml"


@functools.cache
def written() -> dict[str, dict[str, Any]]:
    """Return each alert as it is written, by its name."""
    contents = [yaml.safe_load(path.read_text()) for path in RULES]
    return {
        rule["alert"]: rule
        for content in contents
        for group in content["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }


ALERTS = sorted(written())
Converted = dict[str, dict[str, Any]]
# Grafana's own, in its file of rules.
OWN = ["PrometheusStoresNothing", "PrometheusUnreachable"]


def provisioned(settings: Settings, name: str) -> Any:
    [file] = [f for f in alerting.files(settings) if f.path.endswith(f"/alerting/{name}.yml")]
    return yaml.safe_load(file.content)


def converted(settings: Settings) -> Converted:
    groups = provisioned(settings, "rules")["groups"]
    return {rule["title"]: rule for group in groups for rule in group["rules"]}


@pytest.fixture(scope=scope)
def by_default() -> Converted:
    """Return the rules that Grafana gets by default, with every service on."""
    values = {"grafanaAdminPassword": "correct horse", **EVERY_SERVICE}
    return converted(loading.parse("dev", values, is_secret=lambda _key: True))


# Thresholds and what is declared


def series(settings: Settings) -> dict[str, str]:
    content = rules.load(settings)["prometheus/rules/thresholds.yml"]
    return {
        " ".join([rule["record"], *rule.get("labels", {}).values()]): rule["expr"]
        for group in content["groups"]
        for rule in group["rules"]
    }


def test_a_threshold_of_the_settings_is_a_series_that_the_rules_compare_with(read: Read) -> None:
    thresholds = {"errorRatio": 0.1, "latency": "250ms", "restarts": 5}
    found = series(read({"alerts": {"thresholds": thresholds}}))
    assert found["alert_threshold:error_ratio"] == "vector(0.1)"
    assert found["alert_threshold:latency"] == "vector(0.25)"
    assert found["alert_threshold:restarts"] == "vector(5)"


def test_the_defaults_are_the_values_of_the_file(read: Read) -> None:
    content = yaml.safe_load(THRESHOLDS.read_text())
    [thresholds, _declared] = content["groups"]
    assert {rule["record"]: rule["expr"] for rule in thresholds["rules"]}.items() <= series(
        read()
    ).items()


def test_jobs_containers_and_memory_limits_are_declared_as_series(read: Read) -> None:
    settings = read(
        {"jobs": [JOB], "alerts": {"containers": ["shop-api"]}, "loki": {"memory": "1GB"}}
    )
    found = series(settings)
    assert found["alert_declared:job backend"] == "vector(1)"
    assert found["alert_declared:container shop-api"] == "vector(1)"
    assert found["service_memory_limit_bytes loki"] == f"vector({2**30})"
    assert "alert_declared:job application" not in found


def test_a_jobs_containers_are_those_of_its_targets_hosts_or_those_that_it_names(
    read: Read,
) -> None:
    jobs = [
        {"name": "api", "targets": ["shop.api:3000", "shop.api:3001", "worker:3000"]},
        {"name": "shop", "targets": ["host.docker.internal:3000"], "containers": ["shop-.*", "db"]},
    ]
    found = series(read({"jobs": jobs}))
    assert re.findall('"([^"]*)"', found["job:log_containers api"]) == ["shop[.]api|worker"] * 2
    assert re.findall('"([^"]*)"', found["job:log_containers shop"]) == ["shop-.*|db"] * 2


def test_no_rule_compares_with_a_threshold_that_is_not_there() -> None:
    text = "".join(path.read_text() for path in RULES)
    used = re.findall(r"\(alert_threshold:(\w+)\)", text)
    recorded = re.findall(r"record: alert_threshold:(\w+)", text)
    assert set(used) == set(recorded)


def test_the_limits_that_alerts_compare_with_are_those_of_loki() -> None:
    loki = yaml.safe_load((ROOT / "configs/loki/loki.yml").read_text())
    written_down = yaml.safe_load((ROOT / "configs/loki/rules/loki.yml").read_text())
    [limit] = [
        rule["expr"]
        for group in written_down["groups"]
        for rule in group["rules"]
        if rule.get("record") == "loki_stream_limit"
    ]
    assert limit == f"vector({loki['limits_config']['max_global_streams_per_user']})"
    full = loki["ingester"]["wal"]["disk_full_threshold"]
    assert written()["LokiDiskFull"]["expr"].endswith(f">= {full}")


def test_waiting_times_shrink_by_a_factor_for_both_programs(read: Read) -> None:
    settings = read({"alerts": {"pendingFactor": 0.5}})
    [rule] = [r for _, found in rules.alerts(rules.load(settings)) for r in found[:1]][:1]
    assert rule["for"] == "30s"
    assert converted(settings)["TargetDown"]["for"] == "30s"
    assert converted(settings)["PrometheusUnreachable"]["for"] == "30s"
    assert converted(read({"alerts": {"pendingFactor": 0}}))["TargetDown"]["for"] == "0s"


def test_runbooks_are_linked_below_the_address_of_the_settings(
    read: Read, by_default: Converted
) -> None:
    base = "https://git.example.com/ops/blob/main/docs/runbooks/"
    for rule in converted(read({"alerts": {"runbooks": base}})).values():
        assert rule["annotations"]["runbook_url"] == f"{base}{rule['title']}.md"
    for rule in by_default.values():
        assert (ROOT / rule["annotations"]["runbook_url"]).is_file()


# Grafana's rules


def test_grafana_runs_each_of_prometheus_alerts(by_default: Converted) -> None:
    for name, rule in written().items():
        made = by_default[name]
        assert (made["uid"], made["labels"]) == (name, rule["labels"])
        assert (made["condition"], made["data"][:2]) == ("B", asked(rule["expr"]))
        assert made["for"] == seconds(rule.get("for"))


def seconds(text: str | None) -> str:
    return f"{DURATION.parse(text).seconds:g}s" if text else "0s"


def asked(expression: str) -> list[dict[str, Any]]:
    """Return the queries of an alert: its own, and the one that fires for each series of it."""
    query = {"refId": "A", "expr": expression, "instant": True, "range": False}
    fires = {"refId": "B", "type": "math", "expression": "$A * 0 + 1"}
    return [
        {
            "refId": "A",
            "datasourceUid": "prometheus",
            "relativeTimeRange": {"from": 600, "to": 0},
            "model": query,
        },
        {
            "refId": "B",
            "datasourceUid": "__expr__",
            "relativeTimeRange": {"from": 0, "to": 0},
            "model": fires,
        },
    ]


def test_alerts_are_grouped_in_grafana_as_in_the_files_and_its_own_come_last(read: Read) -> None:
    settings = read(EVERY_SERVICE)
    groups = provisioned(settings, "rules")["groups"]
    assert {(group["folder"], group["orgId"]) for group in groups} == {("Alerts", 1)}
    found = [(group["name"], [rule["title"] for rule in group["rules"]]) for group in groups]
    files = rules.alerts(rules.load(settings))
    assert found == [
        *((name, [rule["alert"] for rule in group]) for name, group in files),
        ("prometheus", OWN[::-1]),
    ]


def test_a_text_uses_only_what_both_programs_understand(by_default: Converted) -> None:
    known = (
        r"-? (\$labels\.\w+|with \$values\.[AC]|end|\.Value( \| humanize(Percentage|Duration)?)?"
        r"|if eq \.Labels\.job \$labels\.job|\.Labels\.route) "
    )
    for rule in by_default.values():
        for text in rule["annotations"].values():
            assert all(re.fullmatch(known, used) for used in re.findall(r"{{(.*?)}}", text)), text


@pytest.mark.parametrize(
    ("name", "summary"),
    [
        ("LokiStreamsNearLimit", "Loki has VALUE streams, nearly as many as it may"),
        ("LokiDiskNearlyFull", "Loki's disk is VALUE | humanizePercentage full"),
    ],
)
def test_a_texts_value_is_the_one_of_the_alerts_query_alone(
    name: str, summary: str, by_default: Converted
) -> None:
    text = by_default[name]["annotations"]["summary"]
    within = re.sub(r"{{ with \$values\.A }}{{ \.Value(.*?) }}{{ end }}", r"VALUE\1", text)
    assert within == summary


def test_grafana_asks_what_a_text_asks_and_always_has_an_answer(by_default: Converted) -> None:
    rule, original = by_default["ErrorRatioHigh"], written()["ErrorRatioHigh"]
    assert [query["refId"] for query in rule["data"]] == ["A", "B", "C"]
    query = rule["data"][2]
    worst = "topk by (job) (1, job_route:http_errors:rate5m)"
    always = f'{worst} or on () label_replace(vector(0), "job", "none", "", "")'
    assert query == {
        **rule["data"][0],
        "refId": "C",
        "model": {**rule["data"][0]["model"], "refId": "C", "expr": always},
    }
    assert f'{{{{- range query "{worst}" }}}}' in original["annotations"]["description"]
    assert rule["annotations"]["description"] == (
        "Over the last 5 minutes {{ with $values.A }}{{ .Value | humanizePercentage }}{{ end }} of"
        " the requests to {{ $labels.job }} ended with a 5xx status. {{- with $values.C }}"
        " {{- if eq .Labels.job $labels.job }} Most of them: {{ .Labels.route }}.{{ end }}{{ end }}"
    )


def test_prometheus_out_of_reach_is_one_alert_and_not_the_end_of_those_that_fire(
    by_default: Converted,
) -> None:
    states = {name: rule["execErrState"] for name, rule in by_default.items()}
    assert [name for name, state in states.items() if state == "Alerting"] == [OWN[1]]
    # The dead man's switch is pinged only while Prometheus answers.
    assert [name for name, state in states.items() if state == "OK"] == ["Watchdog"]


def test_an_alert_whose_series_is_gone_is_over(
    by_default: Converted,
) -> None:
    assert {by_default[name]["noDataState"] for name in ALERTS} == {"OK"}


def test_a_prometheus_that_stores_nothing_is_told_by_the_age_of_its_newest_sample(
    by_default: Converted,
) -> None:
    rule = by_default["PrometheusStoresNothing"]
    assert rule["data"][0]["model"]["expr"] == "time() - (max(timestamp(up)) or vector(0))"
    # Before the other alerts end for want of samples, and for as long as there are none.
    assert rule["data"][1]["model"]["expression"] == "$A > 180"
    assert (rule["for"], rule["noDataState"]) == ("60s", "Alerting")


def test_rules_are_looked_at_as_often_as_the_settings_say(read: Read) -> None:
    content = provisioned(read({"alerts": {"evaluationInterval": "1m"}}), "rules")
    assert {group["interval"] for group in content["groups"]} == {"1m"}


def test_promtool_is_given_every_group_of_every_file_at_once(read: Read) -> None:
    whole = yaml.safe_load(rules.as_one_text(read()))
    files = rules.load(read()).values()
    assert whole == {"groups": [group for content in files for group in content["groups"]]}
    names = [group["name"] for group in whole["groups"]]
    assert len(names) > len(list(files))


def test_prometheus_evaluates_the_same_rules(read: Read) -> None:
    settings = read()
    paths = {file.path for file in prometheus.describe(settings).files}
    names = {Path(name).name for name in rules.load(settings)}
    assert {f"/etc/prometheus/rules/{name}" for name in names} <= paths
    assert prometheus.configuration(settings)["rule_files"] == ["rules/*.yml"]


# Receivers


def receivers(settings: Settings) -> set[str]:
    points = provisioned(settings, "contact-points")["contactPoints"]
    return {receiver["uid"] for point in points for receiver in point["receivers"]}


def test_only_the_receivers_that_are_set_get_alerts_and_the_others_are_deleted(read: Read) -> None:
    settings = read({"alerts": {"mail": MAIL}}, alertSecrets={"webhookUrl": HOOK})
    content = provisioned(settings, "contact-points")
    assert receivers(settings) == {"people-webhook", "people-mail", "nobody"}
    assert [point["name"] for point in content["contactPoints"]] == ["people", "nobody"]
    assert content["deleteContactPoints"] == [
        {"orgId": 1, "uid": "people-slack"},
        {"orgId": 1, "uid": "dead-mans-switch"},
    ]


def test_a_receiver_is_told_as_the_file_says_and_mail_goes_to_the_addresses_of_the_settings(
    read: Read,
) -> None:
    keys = dict.fromkeys(("webhookUrl", "slackUrl", "deadMansSwitchUrl"), HOOK)
    content = provisioned(read({"alerts": {"mail": MAIL}}, alertSecrets=keys), "contact-points")
    points = in_the_file("contact-points")["contactPoints"]
    points[0]["receivers"][2]["settings"]["addresses"] = "a@example.com;b@example.com"
    assert content["contactPoints"] == points
    assert content["deleteContactPoints"] == []
    assert provisioned(read(), "templates") == in_the_file("templates")


def in_the_file(name: str) -> Any:
    folder = ROOT / "configs/grafana/provisioning/alerting"
    return yaml.safe_load((folder / f"{name}.yml").read_text())


TIMES = {"groupWait": "10s", "groupInterval": "2m", "repeatInterval": "8h", "pingInterval": "3m"}
MUTED = {"receiver": "nobody", "mute_time_intervals": ["always"]}


def policies(settings: Settings) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the tree's root, to which go alerts of each severity, and its routes."""
    content = provisioned(settings, "policies")
    [tree] = content["policies"]
    # Whole days: what is muted is so at every hour.
    [always] = content["muteTimes"]
    times = [{"start_time": "00:00", "end_time": "24:00"}]
    assert always == {"orgId": 1, "name": "always", "time_intervals": [{"times": times}]}
    return tree, tree.pop("routes")


def root(receiver: str) -> dict[str, Any]:
    times = {"group_wait": "10s", "group_interval": "2m", "repeat_interval": "8h"}
    return {"orgId": 1, "receiver": receiver, "group_by": ["alertname", "job"], **times}


def watchdog(group_interval: str, repeat_interval: str) -> dict[str, Any]:
    return {
        "object_matchers": [["alertname", "=", "Watchdog"]],
        "group_by": ["alertname"],
        "group_wait": "1s",
        "group_interval": group_interval,
        "repeat_interval": repeat_interval,
    }


def test_people_get_every_alert_but_the_watchdog_in_the_times_of_the_settings(read: Read) -> None:
    settings = read({"alerts": TIMES}, alertSecrets={"slackUrl": HOOK})
    assert policies(settings) == (root("people"), [{**watchdog("3m", "8h"), **MUTED}])


def test_without_a_receiver_everything_is_muted(read: Read) -> None:
    all_else = {**MUTED, "object_matchers": [["alertname", "=~", ".+"]]}
    settings = read({"alerts": TIMES})
    assert policies(settings) == (root("nobody"), [{**watchdog("3m", "8h"), **MUTED}, all_else])


def test_the_dead_mans_switch_is_pinged_by_the_watchdog_alone_and_by_no_resolution(
    read: Read,
) -> None:
    keys = {"slackUrl": HOOK, "deadMansSwitchUrl": HOOK}
    settings = read({"alerts": TIMES}, alertSecrets=keys)
    # The next ping must not count as a repetition that is too early.
    pinged = {**watchdog("3m", "1s"), "receiver": "dead-mans-switch"}
    assert policies(settings) == (root("people"), [pinged])
    points = provisioned(settings, "contact-points")["contactPoints"]
    [point] = [point for point in points if point["name"] == "dead-mans-switch"]
    assert point["receivers"][0]["disableResolveMessage"]


def test_up_says_in_one_line_that_alerts_reach_nobody(read: Read) -> None:
    [said] = contradictions.warnings(read(alertSecrets={"deadMansSwitchUrl": HOOK}))
    assert "alerts reach nobody" in said
    assert "\n" not in said
    for reaching in (read(alertSecrets={"webhookUrl": HOOK}), read({"alerts": {"mail": MAIL}})):
        assert list(contradictions.warnings(reaching)) == []


def test_a_receivers_address_is_in_no_file_and_in_grafanas_environment(read: Read) -> None:
    keys = dict.fromkeys(("webhookUrl", "slackUrl", "deadMansSwitchUrl"), HOOK)
    mail = {**MAIL, "user": "monitoring"}
    settings = read({"alerts": {"mail": mail}}, alertSecrets={**keys, "smtpPassword": "s3cret!"})
    service = grafana.describe(settings)
    assert all("s3cret" not in file.content for file in service.files)
    named = re.findall(r"\$__env{(\w+)}", "".join(file.content for file in service.files))
    assert {*named, "GF_SMTP_PASSWORD", "GF_SECURITY_ADMIN_PASSWORD"} == set(service.secrets)


def test_mail_is_sent_through_the_server_of_the_settings(read: Read) -> None:
    server = "[smtp]\nenabled = true\nhost = smtp:587\nfrom_address = m@example.com\n"
    by_nobody = read({"alerts": {"mail": MAIL}})
    somebody = {"alerts": {"mail": {**MAIL, "user": "monitoring"}}}
    by_somebody = read(somebody, alertSecrets={"smtpPassword": "s3cret!"})
    for settings, user in ((by_nobody, ""), (by_somebody, "user = monitoring\n")):
        assert f"{server}{user}\n" in grafana.describe(settings).files[0].content
    assert "[smtp]" not in grafana.describe(read()).files[0].content


# Bad input


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in MAIL.items() if name != key}


@pytest.mark.parametrize(
    ("values", "key", "says"),
    [
        ({"alerts": {"thresholds": {"errorRatio": 5}}}, "alerts.thresholds.errorRatio", "up to 1"),
        ({"alerts": {"thresholds": {"heapRatio": 0}}}, "alerts.thresholds.heapRatio", "above 0"),
        ({"alerts": {"thresholds": {"restarts": 0}}}, "alerts.thresholds.restarts", "from 1"),
        ({"alerts": {"thresholds": {"latency": 2}}}, "alerts.thresholds.latency", "a duration"),
        ({"alerts": {"thresholds": {"p95": 1}}}, "alerts.thresholds.p95", "is not a setting"),
        ({"alerts": {"evaluationInterval": "15s"}}, "alerts.evaluationInterval", "tens of seconds"),
        ({"alerts": {"pendingFactor": -1}}, "alerts.pendingFactor", "from 0 to 10"),
        ({"alerts": {"runbooks": "git/docs"}}, "alerts.runbooks", "starts with http"),
        ({"alerts": {"mail": {"to": ["team"]}}}, "alerts.mail.to[0]", "a mail address"),
        ({"alerts": {"mail": {**MAIL, "host": "smtp"}}}, "alerts.mail.host", "port is missing"),
        ({"alerts": {"mail": {**MAIL, "host": None}}}, "alerts.mail.host", "a target"),
        ({"alerts": {"mail": without("host")}}, "alerts.mail.host", "needs a server"),
        ({"alerts": {"mail": without("sender")}}, "alerts.mail.sender", "needs a sender"),
        ({"alerts": {"mail": {**MAIL, "user": "m"}}}, "alerts.mail.user", "smtpPassword"),
        ({"alertSecrets": {"webhookUrl": "hooks"}}, "alertSecrets.webhookUrl", "starts with http"),
        ({"alertSecrets": {"slackUrl": "https://a b"}}, "alertSecrets.slackUrl", "without spaces"),
        ({"alertSecrets": {"slackUrl": "http://a/$b"}}, "alertSecrets.slackUrl", "without '$'"),
        ({"alertSecrets": {"pager": "https://a"}}, "alertSecrets.pager", "known are: webhookUrl"),
        (
            {"alertSecrets": "https://a"},
            "alertSecrets",
            "must have the keys webhookUrl, ",
        ),
        ({"alertSecrets": {"smtpPassword": "x"}}, "alerts.mail.user", "smtpPassword"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_key(
    values: dict[str, Any], key: str, says: str, read: Read
) -> None:
    assert_refused(read, values, key, says)


@pytest.fixture
def rule_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a rule file of a copy of `configs/`, for a test to break."""
    shutil.copytree(configs.CONFIGS, tmp_path / "configs")
    monkeypatch.setattr(configs, "CONFIGS", tmp_path / "configs")
    return tmp_path / "configs/prometheus/rules/application.yml"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("    rules:\n", "    rules: [\n", "line 9, column 7: it is not valid YAML: "),
        ("groups:", "group:", "the top level: it must have a list `groups`"),
        ("name: requests", "title: requests", "group 1: it has no name"),
        ("    rules:\n", "    rule:\n", "group requests: it has no list `rules`"),
        ("alert: TargetDown", "name: TargetDown", f"{PLACE}: it must have either `alert` or"),
        ("alert: TargetDown", "alert: Target down", f"{PLACE} (Target down): its name must be"),
        (
            "alert: TargetMissing",
            "alert: TargetDown",
            "group application, rule 2 (TargetDown): another alert has this name",
        ),
        ("severity: critical", "team: x", f"{DOWN}: the label `severity` must be one of"),
        (
            "severity: critical",
            "severity: bad",
            f"{DOWN}: the label `severity` must be one of critical, warning, none, not 'bad'",
        ),
        (
            "          summary:",
            "          title:",
            f"{DOWN}: it has no annotation `summary`",
        ),
        ("for: 1m", "for: soon", f"{DOWN}: `for` is 'soon', not a duration"),
        (
            "for: 1m",
            "keep_firing_for: 1m",
            f"{DOWN}: 'keep_firing_for' is not among alert, expr, for, labels, annotations",
        ),
        (
            "expr: alert_declared:job unless on (job) up",
            "expr: 1",
            "group application, rule 2 (TargetMissing): it has no `expr`",
        ),
    ],
)
def test_a_broken_rule_is_refused_with_its_file_and_place(
    old: str, new: str, says: str, rule_file: Path, read: Read
) -> None:
    text = rule_file.read_text()
    assert old in text
    rule_file.write_text(text.replace(old, new, 1))
    with pytest.raises(FileError) as refused:
        rules.load(read())
    said = f"nothing was changed: fix configs/prometheus/rules/application.yml, {says}"
    assert str(refused.value).startswith(said)


def test_a_threshold_without_a_setting_is_refused(rule_file: Path, read: Read) -> None:
    file = rule_file.with_name("thresholds.yml")
    file.write_text(file.read_text().replace("alert_threshold:latency", "alert_threshold:slow"))
    with pytest.raises(FileError, match="alert_threshold:latency is a setting and no rule"):
        rules.load(read())


# Documents and tests


def test_each_alert_has_a_runbook_and_each_runbook_an_alert() -> None:
    pages = {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")}
    assert pages == {*ALERTS, *OWN}


@pytest.mark.parametrize("name", [*ALERTS, *OWN])
def test_a_runbook_says_what_it_means_how_to_look_and_what_to_do(name: str) -> None:
    text = (ROOT / "docs" / "runbooks" / f"{name}.md").read_text()
    assert text.startswith(f"# {name}\n\n**What it means.** ")
    assert "**What it costs.**" in text
    assert "## How to look" in text
    assert "## What to do" in text
    for link in re.findall(r"\]\((\w+\.md)\)", text):
        assert (ROOT / "docs" / "runbooks" / link).is_file()


def test_the_table_of_the_alerts_is_the_one_of_the_rules(
    by_default: Converted,
) -> None:
    rows = re.findall(
        r"^\| \[(\w+)\]\(runbooks/(\w+)\.md\) \| (\w+) \| ([^|]+) \| [^|]{20,} \| [^|]{20,} \|$",
        (ROOT / "docs" / "alerts.md").read_text(),
        re.MULTILINE,
    )
    rules_ = {name: (name, rule["labels"]["severity"]) for name, rule in by_default.items()}
    assert {name: (page, severity) for name, page, severity, _ in rows} == rules_
    waits = {name: written()[name].get("for", "at once") for name in ALERTS}
    assert {name: wait for name, _, _, wait in rows if name in waits} == waits


@functools.cache
def looks() -> list[tuple[str, bool]]:
    """Return each query of the rules' tests, and whether it must find something."""
    files = (ROOT / "tests" / "rules").glob("*.yml")
    return [
        (look["expr"], bool(look["exp_samples"]))
        for content in [yaml.load(path.read_text(), yaml.CSafeLoader) for path in files]
        for test in content["tests"]
        for look in test["promql_expr_test"]
    ]


@pytest.mark.parametrize("name", ALERTS)
def test_each_alert_is_tested_to_fire_and_to_be_silent(name: str) -> None:
    found = {fires for expr, fires in looks() if f'alertname="{name}"' in expr}
    assert found == {True, False}
