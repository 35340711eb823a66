"""A rehearsal's stack disturbs neither the running one nor people."""

from __future__ import annotations

from pathlib import Path

from operate import answers, rehearsal
from stack.settings import loading

WRITTEN = """
encryptionsalt: v1:salt
config:
  monitoring:grafanaAdminPassword: {secure: v1:cipher}
  monitoring:dockerHost: ssh://deploy@prod.example.com
  monitoring:bindAddress: 0.0.0.0
  monitoring:appNetworks: [shop_default]
  monitoring:protectVolumes: true
  monitoring:jobs: [{name: backend, targets: [backend:3000], auth: bearer}]
  monitoring:scrapeSecrets: {backend: {secure: v1:cipher}}
  monitoring:alertSecrets: {slackUrl: {secure: v1:cipher}}
  monitoring:alerts: {mail: {to: [team@example.com]}}
  monitoring:logs: {projects: [shop]}
  monitoring:grafana: {port: 3002, image: grafana/grafana:13.2.3}
  monitoring:loki: {retention: 30d, memory: 1GB}
"""


def test_it_has_the_settings_of_the_stack_without_targets_receivers_and_others_logs(
    tmp_path: Path,
) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(WRITTEN)
    content = rehearsal.settings("prod", "prod-rehearsal", tmp_path)
    assert content["encryptionsalt"] == "v1:salt"
    config = {k.removeprefix("monitoring:"): v for k, v in content["config"].items()}
    assert config["grafanaAdminPassword"] == {"secure": "v1:cipher"}
    assert config["dockerHost"] == "ssh://deploy@prod.example.com"
    config["grafanaAdminPassword"] = "decrypted"
    parsed = loading.parse("prod-rehearsal", config, is_secret=lambda _key: True)
    assert parsed.jobs == ()
    assert parsed.app_networks == ()
    assert not parsed.alerts_reach_people
    assert not parsed.protect_volumes
    assert parsed.logs.include_names == ("monitoring-prod-rehearsal-[a-z]+",)
    assert parsed.bind_address == "127.0.0.1"
    assert parsed.grafana.image == "grafana/grafana:13.2.3"
    assert str(parsed.loki.retention) == "30d"
    assert len({parsed.grafana.port, parsed.prometheus.port, 3002}) == 3


def test_what_differs_is_said_with_both_answers() -> None:
    wanted = {"users": ["admin", "eve"], "lines": "7", "series": "3"}
    found = {"users": ["admin"], "lines": "7", "samples": "1"}
    assert answers.differences(wanted, found) == [
        "samples: none, restored: 1",
        "series: 3, restored: none",
        "users: ['admin', 'eve'], restored: ['admin']",
    ]
