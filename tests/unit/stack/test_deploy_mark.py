"""What a deploy's mark on the dashboards says."""

from __future__ import annotations

import getpass
import json

import pytest

from stack import deploy_mark


def test_a_mark_says_what_was_done_and_by_whom() -> None:
    text = deploy_mark.description(["loki", "grafana"], ["promtail (memory)"], "ann (1a2b3c4d5e)")
    assert text == (
        "Deploy by ann (1a2b3c4d5e)\nreplaced: grafana, loki; updated: promtail (memory)"
    )


def test_the_author_is_githubs_actor_or_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTOR", raising=False)
    assert deploy_mark.author().startswith(getpass.getuser())
    monkeypatch.setenv("GITHUB_ACTOR", "ann")
    assert deploy_mark.author().startswith("ann")


def test_an_author_outside_git_is_a_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTOR", "ann")
    monkeypatch.setenv("GIT_DIR", "/no/such/repository")
    assert deploy_mark.author() == "ann"


def test_a_password_of_any_letters_is_quoted_for_curl() -> None:
    quoted = deploy_mark._quoted('ö"\\$')  # noqa: SLF001 - seen from outside only with an engine
    assert quoted == '"ö\\"\\\\$"'
    assert json.loads(quoted) == 'ö"\\$'
