"""Pull requests simulated end to end: each comment as it is in `golden/`.

`GOLDEN=write pytest tests/engine/test_review.py` writes these files again; read them before you
commit them.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stack import services
from tests.engine import workflow
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import SERVICES, Environment
from tests.engine.test_secrets import forms
from tests.engine.waiting import eventually
from tests.github import REPOSITORY, TOKEN, serving

GOLDEN = Path(__file__).parent / "golden"
WEBHOOK = f"http://127.0.0.1:9/{secrets.token_urlsafe(12)}"
BEARER = secrets.token_urlsafe(12)
JOB = {"name": "backend", "targets": ["backend:3000"], "auth": "bearer"}


@pytest.fixture(scope="module")
def environment(make_environment: MakeEnvironment) -> Environment:
    """Make an environment with a secret of each kind, which is up."""
    made = make_environment()
    made.configure(jobs=[JOB])
    made.set_secret("scrapeSecrets.backend", BEARER)
    made.set_secret("alertSecrets.webhookUrl", WEBHOOK)
    made.up().succeeded()
    return made


@pytest.fixture
def branch(environment: Environment, tmp_path: Path) -> Iterator[Environment]:
    """Return the environment's project to change, and have it as before afterwards."""
    kept = ("stack", "configs", f"Pulumi.{environment.name}.yaml")
    for name in kept:
        _copy(environment.project / name, tmp_path / name)
    yield environment
    for name in kept:
        _copy(tmp_path / name, environment.project / name)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


@pytest.fixture(scope="module")
def seen() -> list[str]:
    """Collect all that the module's commands write and print."""
    return []


def _scrape_interval(branch: Environment) -> None:
    branch.configure(prometheus={"scrapeInterval": "30s"})


def _dashboard(branch: Environment) -> None:
    path = branch.project / "configs/grafana/dashboards/application.json"
    content = json.loads(path.read_text())
    by_title = {panel["title"]: panel for panel in content["panels"]}
    by_title["Up"]["title"] = "Backend"
    ratio = by_title["Error ratio"]
    ratio["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"] = 0.1
    by_title["Error lines"]["targets"][0]["expr"] = 'sum(count_over_time({level="fatal"}[5m]))'
    content["panels"].remove(by_title["Alerts"])
    new = {**ratio, "id": 900, "title": "Success ratio", "gridPos": by_title["Up"]["gridPos"]}
    content["panels"].append(new)
    path.write_text(json.dumps(content))


def _without_logs(branch: Environment) -> None:
    path = branch.project / "stack/services/__init__.py"
    program = path.read_text()
    every = "if entry.name in on"
    assert every in program
    path.write_text(program.replace(every, f'{every} and entry.name not in ("loki", "promtail")'))


def _open_port(branch: Environment) -> None:
    branch.configure(bindAddress="0.0.0.0")  # noqa: S104 - which the comment must warn of


def _broken_setting(branch: Environment) -> None:
    branch.configure(loki={"retention": "1h"})


def _upgrade(branch: Environment) -> None:
    branch.configure(grafana={"image": "grafana/grafana:13.2.3"})


def _downgrade(branch: Environment) -> None:
    branch.configure(prometheus={"image": "prom/prometheus:v2.54.1"})


PULL_REQUESTS: dict[str, Callable[[Environment], None]] = {
    "scrape-interval": _scrape_interval,
    "dashboard": _dashboard,
    "removed-volume": _without_logs,
    "opened-port": _open_port,
    "broken-setting": _broken_setting,
    "upgrade": _upgrade,
    "downgrade": _downgrade,
}
REFUSED = ("broken-setting", "downgrade")


@pytest.mark.parametrize("name", PULL_REQUESTS)
def test_a_pull_request_gets_the_comment_that_a_reviewer_needs(
    name: str, branch: Environment, seen: list[str]
) -> None:
    PULL_REQUESTS[name](branch)
    said = workflow.preview(branch)
    seen += [said.text, said.printed]
    assert said.text in said.printed
    assert (said.code == 0) == (name not in REFUSED)
    _compare(name, branch, _posted(branch))


def test_a_volume_that_is_kept_is_told_as_kept(branch: Environment, seen: list[str]) -> None:
    branch.configure(keepVolumes=True)
    branch.up().succeeded()
    _without_logs(branch)
    said = workflow.preview(branch)
    seen += [said.text, said.printed]
    _compare("kept-volume", branch, said.text)


def test_where_nothing_changes_the_comment_says_so(environment: Environment) -> None:
    said = workflow.preview(environment)
    assert f"### **{environment.name}**: nothing changes." in said.text


def test_a_secret_that_somebody_put_into_a_file_is_in_no_comment(branch: Environment) -> None:
    path = branch.project / "configs/prometheus/prometheus.yml"
    encoded = base64.b64encode(f"admin:{branch.password}".encode()).decode()
    text = f"{path.read_text()}\n# see below\nremote_write:\n- url: http://{BEARER}@x/\n"
    path.write_text(f"{text}  headers: {{X-Login: {encoded}}}\n")
    said = workflow.preview(branch)
    assert "[secret]" in said.text
    assert _leaks(branch, [said.text, said.printed]) == []


def test_no_secret_is_in_the_comments_the_output_or_the_state(
    environment: Environment, seen: list[str]
) -> None:
    assert len(seen) >= 2 * len(PULL_REQUESTS)
    assert _leaks(environment, [*seen, environment.state()]) == []


def test_a_service_is_away_for_about_as_long_as_the_comment_says(environment: Environment) -> None:
    # Not asked for afterwards: the engine remembers the last 256 events only.
    kinds = ("--filter", "event=kill", "--filter", "event=health_status")
    watching = subprocess.Popen(
        ["docker", "events", *kinds, "--format", "{{json .}}"], stdout=subprocess.PIPE, text=True
    )
    try:
        environment.configure(containerLogs={"maxSize": "11m"})
        environment.up().succeeded()
        eventually(environment.is_healthy, seconds=30, what="four healthy containers")
    finally:
        watching.terminate()
    told, _ = watching.communicate()
    events: list[Any] = [json.loads(line) for line in told.splitlines()]
    away = {service: _seconds_away(environment.container(service), events) for service in SERVICES}
    promised = {each.name: re.findall(r"about (\d+) s", each.absence) for each in services.SERVICES}
    print(away)  # the figures, for who wants to write down better ones
    assert {name for name in away if away[name] > 2 * int(promised[name][0])} == set()


def _seconds_away(container: str, events: list[Any]) -> float:
    """Return the time from an old container's stop to the new one's first healthy check."""
    at = {
        event["Action"]: event["timeNano"] / 1e9
        for event in events
        if event["Actor"]["Attributes"]["name"] == container
    }
    return float(at["health_status: healthy"] - at["kill"])


def _leaks(environment: Environment, texts: list[str]) -> list[str]:
    hidden = [environment.password, environment.passphrase, WEBHOOK, BEARER]
    return [secret for secret in hidden for form in forms(secret) if form in "\n".join(texts)]


def _posted(branch: Environment) -> str:
    """Post the comment as the workflow does, and return what GitHub then holds."""
    with serving() as server:
        number = server.add_issue("please review", "a-person", pull_request={})["number"]
        command = ["-m", "commands", "post-comment", "--pull-request", str(number)]
        subprocess.run(
            [sys.executable, *command, "--file", "preview.md"],
            cwd=branch.project,
            env={
                **os.environ,
                "GITHUB_API_URL": server.url,
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_TOKEN": TOKEN,
            },
            check=True,
        )
        [comment] = server.comments
    return str(comment["body"])


def _compare(name: str, environment: Environment, text: str) -> None:
    ports = {"3000": ("grafana", "port"), "9090": ("prometheus", "port")}
    text = text.replace(environment.name, "prod")
    for port, setting in ports.items():
        text = text.replace(str(environment.setting(*setting)), port)
    file = GOLDEN / f"{name}.md"
    if os.environ.get("GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    assert text == file.read_text()
