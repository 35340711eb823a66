from __future__ import annotations

import base64

import pytest

from review import secrecy

SECRET = 'pa"ss\\wörd-42'


@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:"])
@pytest.mark.parametrize("after", ["", "x", "xy"])
def test_a_secret_is_masked_wherever_it_lies_in_base64(before: str, after: str) -> None:
    encoded = base64.b64encode(f"{before}{SECRET}{after}".encode()).decode()
    masked = secrecy.mask(f"token: {encoded}", [SECRET])
    assert "[secret]" in masked
    remains = masked.removeprefix("token: ").split("[secret]")
    assert all(len(part) <= 8 for part in remains)


def test_a_secret_is_masked_as_it_is_and_within_json() -> None:
    masked = secrecy.mask(f'{SECRET} {{"key": "pa\\"ss\\\\w\\u00f6rd-42"}}', [SECRET])
    assert masked == '[secret] {"key": "[secret]"}'


def test_the_longer_of_two_secrets_is_masked_first() -> None:
    assert secrecy.mask("password-and-more", ["password", "password-and-more"]) == "[secret]"
