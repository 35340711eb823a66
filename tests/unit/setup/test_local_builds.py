"""When what cannot be downloaded is built here."""

from __future__ import annotations

import pytest

from bootstrap.progress import CommandError
from setup import local_builds
from setup.local_builds import Policy


@pytest.mark.parametrize(
    ("stack", "word", "expected"),
    [
        ("dev", "", Policy.UNREACHABLE),
        ("prod", "", Policy.AS_WRITTEN),
        ("prod", "yes", Policy.ALWAYS),
        ("dev", "no", Policy.NEVER),
    ],
)
def test_the_lab_is_for_dev_or_by_word(
    stack: str, word: str, expected: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB", word)
    assert local_builds.policy(stack) is expected


def test_another_word_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB", "true")
    with pytest.raises(CommandError, match="yes or no, not 'true'"):
        local_builds.policy("dev")
