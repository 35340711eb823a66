from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from operate.stacks import Stack
from review import masking
from tests.unit.programs import fake

SECRET = 'pa"ss\\wörd-42'


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:"])
@pytest.mark.parametrize("after", ["", "x", "xy"])
@pytest.mark.parametrize("secret", [SECRET, SECRET * 10])
def test_a_secret_is_masked_wherever_it_lies_in_base64(
    before: str, secret: str, after: str
) -> None:
    encoded = base64.b64encode(f"{before}{secret}{after}".encode()).decode()
    masked = masking.mask(f"token: {encoded}", [secret])
    assert "[secret]" in masked
    remains = masked.removeprefix("token: ").split("[secret]")
    assert all(len(part) <= 8 for part in remains)


def test_a_secret_is_masked_as_it_is_and_within_json() -> None:
    masked = masking.mask(f'{SECRET} {{"key": "pa\\"ss\\\\w\\u00f6rd-42"}}', [SECRET])
    assert masked == '[secret] {"key": "[secret]"}'


def test_the_longer_of_two_secrets_is_masked_first() -> None:
    assert masking.mask("password-and-more", ["password", "password-and-more"]) == "[secret]"
    # Also where the shorter one is the later in the alphabet.
    assert masking.mask("a-zebra", ["zebra", "a-zebra"]) == "[secret]"


def test_the_secrets_are_those_of_the_configuration_however_deep(
    monkeypatch: pytest.MonkeyPatch, on_path: Path
) -> None:
    config = {
        "monitoring:a": {"value": "as-a-value", "secret": True},
        "monitoring:b": {"objectValue": {"x": ["in-a-list", 7]}, "value": "{}", "secret": True},
        "monitoring:c": {"value": "no-secret", "secret": False},
        "monitoring:d": {"value": "12345", "secret": True},
        "monitoring:e": {"value": "123456", "secret": True},
    }
    fake(on_path, "pulumi", f"echo '{json.dumps(config)}'")
    monkeypatch.setattr("setup.pulumi_cli.environment", lambda: {"PATH": str(on_path)})
    assert masking.secrets(Stack("prod", {})) == ["as-a-value", "in-a-list", "123456"]


def test_what_opens_the_state_is_a_secret_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("a-passphrase\n")
    # A Pulumi that knows no stack.
    (tmp_path / "pulumi").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PULUMI_BACKEND_URL", "postgres://pulumi:a-password@db/pulumi")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(passphrase))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-key")
    monkeypatch.setenv("PGPASSWORD", "short")
    assert set(masking.secrets(Stack("prod", {}))) >= {"a-password", "a-passphrase", "a-secret-key"}
    assert "short" not in masking.secrets(Stack("prod", {}))
