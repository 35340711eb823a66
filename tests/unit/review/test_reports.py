"""What `make preview` and `make drift` print: without any secret of the stack."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from operate import backup_files
from operate.stacks import Stack
from review import reports
from tests.unit.programs import calls, recorded
from tests.unit.review import recordings

SECRET = "a-copied-secret"
CONFIG = {
    "monitoring:grafanaAdminPassword": {"value": SECRET, "secret": True},
    "monitoring:bindAddress": {"value": "not-a-secret", "secret": False},
    "monitoring:alertSecrets": {
        "value": "{}",
        "objectValue": {"webhookUrl": "https://hook/abc", "list": ["in-a-list"]},
        "secret": True,
    },
}


@pytest.fixture
def pulumi(on_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Pulumi that knows the stack `prod`; what it previews is in files."""
    monkeypatch.setattr("setup.pulumi_cli.environment", lambda: {"PATH": str(on_path)})
    monkeypatch.setenv("DOCKER_HOST", "")
    monkeypatch.setattr("setup.pulumi_cli.ready", lambda _stack: None)
    monkeypatch.setattr(
        "setup.docker_engine.address", lambda _configured: "ssh://monitoring.example"
    )
    monkeypatch.setattr("operate.stacks.named", lambda name: Stack(name, {}))
    folder = on_path.parent
    monkeypatch.setattr(backup_files, "last", partial(backup_files.last, folder=folder))
    (folder / "config.json").write_text(json.dumps(CONFIG))
    same = json.dumps(recordings.load("same")).replace("monitoring-prod-loki", SECRET)
    (folder / "same.json").write_text(same)
    (folder / "real.json").write_text(json.dumps(recordings.load("drifted")))
    answers = (
        f'case "$*" in config*) /bin/cat {folder}/config.json;;'
        f" *--refresh*) /bin/cat {folder}/real.json;; *) /bin/cat {folder}/same.json;; esac"
    )
    return recorded(on_path, "pulumi", answers)


def test_a_preview_is_printed_and_written_without_a_secret(
    pulumi: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reports.show_preview("prod", str(tmp_path / "out.md")) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("<!-- monitoring-preview:prod -->\n")
    assert (tmp_path / "out.md").read_text() == printed
    expected = "preview --json --show-sames --color never --stack prod --non-interactive"
    assert expected in calls(pulumi)
    assert "config --show-secrets --json --stack prod --non-interactive" in calls(pulumi)


def test_pulumi_is_made_ready_and_knows_the_engine(
    pulumi: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready: list[str] = []
    monkeypatch.setattr("setup.pulumi_cli.ready", ready.append)
    assert reports.show_preview("prod", "") == 0
    assert (ready, os.environ["DOCKER_HOST"]) == (["prod"], "ssh://monitoring.example")
    assert calls(pulumi)


def test_a_drift_is_looked_for_twice_and_has_a_code_of_its_own(
    pulumi: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reports.show_drift("prod", str(tmp_path / "out.md")) == 2
    printed = capsys.readouterr().out
    assert (tmp_path / "out.md").read_text() == printed
    assert printed.startswith("<!-- monitoring-drift:prod -->\n")
    assert "[secret]" in printed
    assert SECRET not in printed
    looks = [call.split() for call in calls(pulumi) if call.startswith("preview ")]
    assert ["--refresh" in look for look in looks] == [False, True]


def test_where_the_first_look_fails_there_is_no_second(
    pulumi: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pulumi.parent.parent / "same.json").write_text("")
    pulumi.write_text(pulumi.read_text() + 'case "$*" in preview*) echo no >&2; exit 1;; esac\n')
    assert reports.show_drift("prod", "") == 1
    assert "no" in capsys.readouterr().out
    assert len([call for call in calls(pulumi) if call.startswith("preview ")]) == 1


@pytest.mark.parametrize(
    ("backup_of", "told"),
    [("prod", " The last backup known here is 3 h old: backups/one.tar\n"), ("other", "\n")],
)
def test_before_another_version_a_backup_is_offered_with_the_age_of_the_last_known_here(
    pulumi: Path, backup_of: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    previewed = pulumi.parent.parent / "same.json"
    content = json.loads(previewed.read_text())
    for step in content["steps"]:
        if step["urn"].endswith("::loki-image"):
            step["op"] = "replace"
            step["newState"]["inputs"]["name"] = "lab/loki:3.8.0"
    previewed.write_text(json.dumps(content))
    time = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    summary = {"file": "backups/one.tar", "time": time}
    backup_files.remember(backup_of, summary, pulumi.parent.parent)
    reports.show_preview("prod", "")
    offer = "> - First `make backup STACK=prod`: `make restore` is the way back."
    assert f"{offer}{told}" in capsys.readouterr().out
