"""Grafana's side of the alerts: the rules it runs, and whom it tells."""

from __future__ import annotations

import configparser
import copy
import re
from typing import Any

from stack.alerts import rules
from stack.configs import dump_yaml, load_yaml
from stack.service import File
from stack.settings.model import Settings
from stack.settings.values import Secret

_FOLDER = "grafana/provisioning/alerting"
# The secret that each receiver needs, and the variable by which the files name each secret.
_RECEIVERS = {
    "people-webhook": "webhook_url",
    "people-slack": "slack_url",
    "dead-mans-switch": "dead_mans_switch_url",
}
_VARIABLES = {
    "webhook_url": "ALERT_WEBHOOK_URL",
    "slack_url": "ALERT_SLACK_URL",
    "dead_mans_switch_url": "ALERT_SWITCH_URL",
    "smtp_password": "GF_SMTP_PASSWORD",
}
_NOBODY = "nobody"
_MUTED = "always"
_WATCHDOG = "Watchdog"
_QUERY = re.compile(r'range query "(.+?)"')


def files(settings: Settings) -> tuple[File, ...]:
    """Return the files that Grafana provisions its alerting from."""
    contents = {
        "rules": _rules(settings),
        "contact-points": _contact_points(settings),
        "policies": _policies(settings),
        "templates": _load("templates"),
    }
    return tuple(
        File(f"/etc/{_FOLDER}/{name}.yml", dump_yaml(content)) for name, content in contents.items()
    )


def variables(settings: Settings) -> dict[str, Secret]:
    """Return the variables of Grafana's environment that its files name as `$__env{...}`."""
    found = {name: getattr(settings.alert_secrets, key) for key, name in _VARIABLES.items()}
    return {name: secret for name, secret in found.items() if secret}


def set_mail(ini: configparser.ConfigParser, settings: Settings) -> None:
    """Let Grafana send mails, where somebody gets them; the password is a variable."""
    mail = settings.alerts.mail
    if mail.to:
        ini["smtp"] = {
            "enabled": "true",
            "host": mail.host or "",
            "from_address": mail.sender or "",
            **({"user": mail.user} if mail.user else {}),
        }


def _load(name: str) -> dict[str, Any]:
    content: dict[str, Any] = load_yaml(f"{_FOLDER}/{name}.yml")
    return content


def _rules(settings: Settings) -> dict[str, Any]:
    """Make a rule of each of Prometheus' alerts on the model of the file's first group."""
    content = _load("rules")
    model, *own = content["groups"]
    made = []
    for name, found in rules.alerts(rules.load(settings)):
        made.append({**model, "name": name, "rules": [_rule(model["rules"][0], r) for r in found]})
    for group in own:
        for rule in group["rules"]:
            rules.adapt(rule, settings)
    content["groups"] = made + own
    for group in content["groups"]:
        group["interval"] = str(settings.alerts.evaluation_interval)
    return content


def _rule(model: dict[str, Any], rule: rules.Rule) -> dict[str, Any]:
    """Convert an alert. Its name is also its uid: Grafana knows it again at the next start."""
    made = copy.deepcopy(model)
    made |= {"uid": rule["alert"], "title": rule["alert"], "for": rule.get("for", "0s")}
    made["data"][0]["model"]["expr"] = rule["expr"]
    made["labels"] = rule["labels"]
    if rule["alert"] == _WATCHDOG:
        # What it says is that Prometheus answers.
        made["execErrState"] = "OK"
    made["annotations"] = {
        name: _text(text, made["data"]) for name, text in rule["annotations"].items()
    }
    return made


def _text(text: str, data: list[dict[str, Any]]) -> str:
    """Convert a text for Grafana, and add the query in it to the rule's, whose model is `data`."""
    if asked := _QUERY.search(text):
        query = copy.deepcopy(data[0]) | {"refId": "C"}
        # The whole rule has no data, and does not fire, where one of its queries has none.
        always = f'{asked[1]} or on () label_replace(vector(0), "job", "none", "", "")'
        query["model"] |= {"refId": "C", "expr": always}
        data.append(query)
    # In Grafana `$value` is a text with the values of all queries; and where all is well, it fills
    # in the texts too, without any value, and complains of each function that gets none.
    text = re.sub(r"{{ \$value( \| \w+)? }}", r"{{ with $values.A }}{{ .Value\1 }}{{ end }}", text)
    # It has no queries in texts, but of each query the result with the alert's labels.
    return _QUERY.sub("with $values.C", text)


def _contact_points(settings: Settings) -> dict[str, Any]:
    """Keep the receivers that are set, and name the others to be deleted: Grafana keeps them."""
    content = _load("contact-points")
    gone = []
    for point in content["contactPoints"]:
        for receiver in list(point["receivers"]):
            uid = receiver["uid"]
            if uid == "people-mail":
                receiver["settings"]["addresses"] = ";".join(settings.alerts.mail.to)
                kept = bool(settings.alerts.mail.to)
            else:
                kept = uid == _NOBODY or bool(getattr(settings.alert_secrets, _RECEIVERS[uid]))
            if not kept:
                point["receivers"].remove(receiver)
                gone.append({"orgId": point["orgId"], "uid": uid})
    content["contactPoints"] = [point for point in content["contactPoints"] if point["receivers"]]
    content["deleteContactPoints"] = gone
    return content


def _policies(settings: Settings) -> dict[str, Any]:
    """Set the times, and mute what has no receiver."""
    own = settings.alerts
    content = _load("policies")
    [tree] = content["policies"]
    [switch] = tree["routes"]
    tree["group_wait"] = str(own.group_wait)
    tree["group_interval"] = str(own.group_interval)
    tree["repeat_interval"] = str(own.repeat_interval)
    switch["group_interval"] = str(own.ping_interval)
    if not settings.alert_secrets.dead_mans_switch_url:
        switch |= {"receiver": _NOBODY, "repeat_interval": tree["repeat_interval"]}
        switch["mute_time_intervals"] = [_MUTED]
    if not settings.alerts_reach_people:
        tree["receiver"] = _NOBODY
        # The tree's root cannot be muted, a route for all that is left can.
        tree["routes"].append(
            {
                "receiver": _NOBODY,
                "object_matchers": [["alertname", "=~", ".+"]],
                "mute_time_intervals": [_MUTED],
            }
        )
    return content
