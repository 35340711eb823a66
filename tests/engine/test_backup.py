"""A backup is made while the stack runs, and leads back to it: to the last line and sample.

The tests tell one story, in their order.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from bootstrap.progress import CommandError
from operate import (
    answers,
    archive,
    archive_reader,
    backup,
    backup_files,
    object_store,
    rehearsal,
    restore,
    verification,
)
from operate.running_stack import RunningStack
from operate.stacks import Stack
from stack.settings.docker_host import LOCAL
from tests.engine import backups, docker, object_store_server, talker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import Environment
from tests.engine.grafana import Grafana
from tests.engine.printer import Printer
from tests.engine.waiting import eventually

USER = {"name": "By Hand", "login": "by-hand", "password": "saved by hand"}
DASHBOARD = {"dashboard": {"uid": "by-hand", "title": "Saved by hand"}, "overwrite": True}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run an object store, whose access is in the environment; return a folder's URL in it."""
    with (
        pytest.MonkeyPatch.context() as patch,
        object_store_server.running(tmp_path_factory.mktemp("store"), patch) as bucket,
    ):
        yield f"{bucket}/monitoring"


@dataclass(frozen=True)
class Backed:
    """An environment with a backup, and what it answered about the time before that."""

    environment: Environment
    printer: Printer
    file: Path
    at: float
    answers: dict[str, object]
    alerts: dict[str, str]
    summary: dict[str, Any]


def active(grafana: Grafana) -> dict[str, str]:
    """Return since when each of Grafana's alerts is firing, by name."""
    groups = grafana.ask("/api/prometheus/grafana/api/v1/rules")["data"]["groups"]
    alerts = [
        alert for group in groups for rule in group["rules"] for alert in rule.get("alerts", ())
    ]
    firing = [alert for alert in alerts if alert["state"] == "Alerting"]
    return {alert["labels"]["alertname"]: alert["activeAt"] for alert in firing}


@pytest.fixture(scope="module")
def backed(make_environment: MakeEnvironment, tmp_path_factory: pytest.TempPathFactory) -> Backed:
    environment = make_environment()
    environment.configure(alerts={"evaluationInterval": "10s"})
    environment.up().succeeded()
    printer = Printer(environment)
    printer.start()
    grafana = environment.grafana()
    grafana.ask("/api/dashboards/db", DASHBOARD)
    grafana.ask("/api/admin/users", USER)
    now = time.time()
    times = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + each)) for each in (0, 3_600)]
    matcher = {"name": "alertname", "value": "LokiFailing", "isRegex": False, "isEqual": True}
    silence = {"matchers": [matcher], "startsAt": times[0], "endsAt": times[1]}
    by_hand = {**silence, "comment": "by hand", "createdBy": "admin"}
    grafana.ask("/api/alertmanager/grafana/api/v2/silences", by_hand)
    eventually(lambda: active(grafana), seconds=60, what="an alert that fires")
    file = tmp_path_factory.mktemp("backups") / "backup.tar.zst"
    at = time.time() - 2
    summary = backups.write(environment, file)
    told = answers.ask(grafana, at)
    return Backed(environment, printer, file, at, told, active(grafana), summary)


def since(environment: Environment) -> dict[str, str]:
    """Return since when each container runs."""
    return {
        name: docker.inspect(name)["State"]["StartedAt"]
        for name in sorted(docker.names("container", environment.prefix))
    }


def test_no_line_is_lost_while_a_backup_is_made(backed: Backed) -> None:
    assert backed.printer.gaps() == set()
    assert backed.summary["seconds"]["promtail"] == 0
    assert all(size > 0 for size in backed.summary["bytes"].values())
    print(backed.summary)


def test_nothing_of_the_backup_stays_on_the_engine(backed: Backed) -> None:
    assert f"{backed.environment.prefix}-volumes" not in since(backed.environment)
    volume = f"{backed.environment.prefix}-prometheus:/volume"
    left = docker.docker(
        "run", "--rm", "--volume", volume, "--entrypoint", "ls", talker.image(), "-A", "/volume"
    )
    assert ".backup" not in left


def test_no_secret_of_the_settings_is_in_it(backed: Backed) -> None:
    about = archive_reader.verified(backed.file, lambda _: None)
    assert about.settings["monitoring:loki"] == backed.environment.config()["monitoring:loki"]
    assert "monitoring:grafanaAdminPassword" not in about.settings


def test_a_rehearsal_restores_it_beside_the_running_stack_and_leaves_nothing(
    backed: Backed, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A minute before the backup there was no stack yet, to compare the answers of.
    monkeypatch.setattr(rehearsal, "_SETTLED_SECONDS", 5)
    environment = backed.environment
    outputs, about = environment.outputs(), restore.checked(backed.file)
    running = RunningStack(
        outputs["grafana_url"],
        outputs["prometheus_url"],
        environment.password,
        outputs["network"],
        LOCAL,
    )
    stack = Stack(environment.name, {"PULUMI_CONFIG_PASSPHRASE": environment.passphrase})
    before = since(environment)
    results, asked, different = rehearsal.compare(
        stack, running, backed.file, about, environment.project
    )
    assert all(result.passed for result in results), verification.table(results)
    assert asked > len(backed.answers) / 2, "too little to compare"
    assert different == []
    assert since(environment) == before, "something of the running stack was touched, or stayed"
    assert not docker.names("volume", f"{environment.prefix}-rehearsal")
    assert not docker.names("network", f"{environment.prefix}-rehearsal")


def test_it_goes_to_an_object_store_as_it_is_made_and_is_found_there(
    backed: Backed, store: str
) -> None:
    environment = backed.environment
    assert "No backup is known here" in backup_files.told(environment.name, store)
    with backup_files.writing(environment.name, "", store) as (url, output):
        backup.write(LOCAL, environment.name, environment.config(), output)
        assert object_store.names(store) == [], "it is there before it is complete"
    assert url.startswith(f"{store}/{environment.name}-2")
    assert backup_files.newest(environment.name, store) == url
    assert backup_files.told(environment.name, store).endswith(f" is 0 h old: {url}")
    with pytest.raises(CommandError, match="no backup is overwritten"), object_store.writing(url):
        pass
    with backup_files.reading(environment.name, "", store) as (name, file):
        assert name == url
        assert restore.checked(file).stack == environment.name
    assert not file.exists()


def test_one_that_fails_leaves_nothing_in_the_object_store(store: str) -> None:
    before = object_store.names(store)
    with pytest.raises(ZeroDivisionError), object_store.writing(f"{store}/failed") as output:
        output.write(bytes(70 << 20) + b"%d" % (1 // 0))
    assert object_store.names(store) == before


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AWS_SECRET_ACCESS_KEY", "wrong", "SignatureDoesNotMatch"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:9", "error sending request"),
        ("AWS_REGION", "us-west-2", "us-west-2"),
    ],
)
def test_an_object_store_that_refuses_is_said_with_what_its_access_is(
    store: str, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    told = backup_files.told("dev", store)
    assert said in told
    assert "The access is $AWS_ACCESS_KEY_ID" in told
    assert "Debug source" not in told
    assert len(told) < 600


def _cut(file: Path) -> bytes:
    return file.read_bytes()[:-200]


def _altered(file: Path) -> bytes:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    return bytes(content)


def _made(about: archive.About) -> bytes:
    output = BytesIO()
    with archive.Writer(output, about) as writer:
        writer.finish({})
    return output.getvalue()


def _newer_format(file: Path) -> bytes:
    about = archive_reader.verified(file, lambda _: None)
    return _made(replace(about, format=archive.FORMAT + 1))


def _newer_program(file: Path) -> bytes:
    about = archive_reader.verified(file, lambda _: None)
    return _made(replace(about, programs={**about.programs, "loki": "99.0.0"}))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_cut, "cut or altered"),
        (_altered, "altered"),
        (_newer_format, "format 2"),
        (_newer_program, "the backup is of loki 99.0.0"),
    ],
)
def test_what_cannot_be_restored_is_refused_before_anything_changes(
    spoil: Callable[[Path], bytes], said: str, backed: Backed, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.tar.zst"
    bad.write_bytes(spoil(backed.file))
    before = since(backed.environment)
    with pytest.raises(CommandError, match=said):
        backups.fill(backed.environment, bad, replace=True)
    assert since(backed.environment) == before


def test_data_is_not_overwritten_without_the_word(backed: Backed) -> None:
    before = since(backed.environment)
    with pytest.raises(CommandError, match="REPLACE=yes"):
        backups.fill(backed.environment, backed.file)
    assert since(backed.environment) == before


def test_after_all_was_destroyed_the_same_questions_have_the_same_answers(backed: Backed) -> None:
    environment = backed.environment
    environment.pulumi("destroy", "--yes").succeeded()
    assert docker.names("volume", environment.prefix) == set()
    backups.fill(environment, backed.file)
    environment.up().succeeded()
    grafana = environment.grafana()
    assert answers.differences(backed.answers, answers.ask(grafana, backed.at)) == []
    assert backed.alerts
    eventually(
        lambda: backed.alerts.items() <= active(grafana).items(),
        seconds=60,
        what=f"the alerts that fired before: {backed.alerts}",
    )
    assert backed.printer.gaps() == set()


def test_a_running_stack_goes_back_to_its_backup_by_the_word(backed: Backed, store: str) -> None:
    environment = backed.environment
    environment.grafana().ask("/api/dashboards/uid/by-hand", method="DELETE")
    with backup_files.reading(environment.name, "", store) as (_, file):
        backups.fill(environment, file, replace=True)
    assert backed.environment.grafana().ask("/api/dashboards/uid/by-hand")
    assert answers.differences(backed.answers, answers.ask(environment.grafana(), backed.at)) == []
    assert backed.printer.gaps() == set()
