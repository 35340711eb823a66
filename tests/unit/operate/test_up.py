"""What `make up` says at its end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from operate import up, verification
from operate.preflight import command as preflight
from operate.stacks import Stack
from setup import pulumi_cli
from tests.unit.programs import calls, recorded

_CONFIG = """'{"monitoring:grafanaAdminPassword": {"value": "any text", "secret": true}}'"""


def test_pulumi_is_asked_once_for_the_settings_and_once_for_the_outputs(
    on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls = """'{"grafana_url": "http://a", "prometheus_url": "http://b"}'"""
    answers = f'case "$1" in config) echo {_CONFIG};; stack) echo {urls};; esac'
    pulumi = recorded(on_path, "pulumi", answers)
    monkeypatch.setattr(pulumi_cli, "environment", lambda: dict(os.environ))
    monkeypatch.setattr(up, "ready", lambda name: Stack(name, {}))
    monkeypatch.setattr(preflight, "before_up", lambda _settings: None)
    monkeypatch.setattr(verification, "prove", lambda *_known, **_how: None)
    up.up("qa")
    assert [call.split(" --")[0] for call in calls(pulumi)] == ["config", "up", "stack output"]


def test_the_last_lines_name_the_urls_and_the_way_to_the_password() -> None:
    urls = {"grafana_url": "http://127.0.0.1:3000", "prometheus_url": "http://127.0.0.1:9090"}
    text = up.closing("dev", urls)
    assert all(url in text for url in urls.values())
    assert "pulumi config get monitoring:grafanaAdminPassword --stack dev" in text


def test_the_last_lines_give_the_tunnel_to_what_only_the_server_itself_reaches() -> None:
    urls = {"grafana_url": "http://localhost:3000", "prometheus_url": "http://localhost:9090"}
    tunnel = "ssh -N -L 3000:localhost:3000 -L 9090:localhost:9090 deploy@server"
    assert tunnel in up.closing("prod", urls, "ssh://deploy@server")
    assert "ssh" not in up.closing("prod", urls)
    open_urls = {key: url.replace("localhost", "server") for key, url in urls.items()}
    assert "ssh" not in up.closing("prod", open_urls, "ssh://deploy@server")
