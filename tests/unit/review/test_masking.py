from __future__ import annotations

import base64
from pathlib import Path

import pytest

from operate.stacks import Stack
from review import masking

SECRET = 'pa"ss\\wörd-42'


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:"])
@pytest.mark.parametrize("after", ["", "x", "xy"])
def test_a_secret_is_masked_wherever_it_lies_in_base64(before: str, after: str) -> None:
    encoded = base64.b64encode(f"{before}{SECRET}{after}".encode()).decode()
    masked = masking.mask(f"token: {encoded}", [SECRET])
    assert "[secret]" in masked
    remains = masked.removeprefix("token: ").split("[secret]")
    assert all(len(part) <= 8 for part in remains)


def test_a_secret_is_masked_as_it_is_and_within_json() -> None:
    masked = masking.mask(f'{SECRET} {{"key": "pa\\"ss\\\\w\\u00f6rd-42"}}', [SECRET])
    assert masked == '[secret] {"key": "[secret]"}'


def test_the_longer_of_two_secrets_is_masked_first() -> None:
    assert masking.mask("password-and-more", ["password", "password-and-more"]) == "[secret]"


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
