"""What `make preview` and `make drift` print: without any secret of the stack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

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
    monkeypatch.setattr("setup.pulumi_cli.ready", lambda _stack: None)
    monkeypatch.setattr("setup.docker_engine.address", lambda _stack: "unix:///docker.sock")
    monkeypatch.setattr("setup.docker_engine.export_host", lambda _address: None)
    monkeypatch.setattr("operate.stacks.named", lambda name: Stack(name, {}))
    folder = on_path.parent
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


def test_a_drift_is_looked_for_twice_and_has_a_code_of_its_own(
    pulumi: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert reports.show_drift("prod", "") == 2
    printed = capsys.readouterr().out
    assert printed.startswith("<!-- monitoring-drift:prod -->\n")
    assert "[secret]" in printed
    assert SECRET not in printed
    assert len([call for call in calls(pulumi) if call.startswith("preview ")]) == 2


def test_where_the_first_look_fails_there_is_no_second(
    pulumi: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pulumi.parent.parent / "same.json").write_text("")
    pulumi.write_text(pulumi.read_text() + 'case "$*" in preview*) echo no >&2; exit 1;; esac\n')
    assert reports.show_drift("prod", "") == 1
    assert "no" in capsys.readouterr().out
    assert len([call for call in calls(pulumi) if call.startswith("preview ")]) == 1
