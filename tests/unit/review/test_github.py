from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commands.__main__ import main
from review import github
from review.github import AUTHOR, GitHubError, Repository
from tests.github import REPOSITORY, TOKEN, GitHub, serving

PREVIEW = "<!-- monitoring-preview:prod -->\n## Preview of prod\n\nNothing changes.\n"
DRIFT = "<!-- monitoring-drift:prod -->\n## Drift in prod\n\nLoki is stopped.\n"
PULL_REQUEST = 1


@pytest.fixture
def server() -> Iterator[GitHub]:
    with serving() as server:
        server.add_issue("please review", "a-person", pull_request={})
        yield server


@pytest.fixture
def where(server: GitHub) -> Repository:
    return github.repository(
        {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": server.url}
    )


def test_a_second_comment_takes_the_place_of_the_first(server: GitHub, where: Repository) -> None:
    first = github.post_comment(where, PULL_REQUEST, PREVIEW)
    second = github.post_comment(where, PULL_REQUEST, PREVIEW + "and now something")
    assert first == second
    assert [each["body"] for each in server.comments] == [PREVIEW + "and now something"]


def test_each_environment_has_a_comment_of_its_own(server: GitHub, where: Repository) -> None:
    for name in ("prod", "prod2", "prod"):
        github.post_comment(where, PULL_REQUEST, PREVIEW.replace("prod", name))
    assert len(server.comments) == 2


def test_each_pull_request_has_a_comment_of_its_own(server: GitHub, where: Repository) -> None:
    another = server.add_issue("", "a-person", pull_request={})["number"]
    for number in (PULL_REQUEST, another):
        github.post_comment(where, number, PREVIEW)
    assert [each["issue"] for each in server.comments] == [PULL_REQUEST, another]


@pytest.mark.parametrize(
    ("body", "by"),
    [
        (PREVIEW, "a-person"),
        (f"> {PREVIEW}", AUTHOR),
        (PREVIEW.replace("preview", "drift"), AUTHOR),
        ("", AUTHOR),
    ],
)
def test_what_is_not_an_earlier_preview_of_ours_is_left_alone(
    body: str, by: str, server: GitHub, where: Repository
) -> None:
    server.add_comment(PULL_REQUEST, body, by)
    github.post_comment(where, PULL_REQUEST, PREVIEW + "new")
    assert [each["body"] for each in server.comments] == [body, PREVIEW + "new"]


def test_the_earlier_comment_is_found_below_hundreds_of_others(
    server: GitHub, where: Repository
) -> None:
    for number in range(250):
        server.add_comment(PULL_REQUEST, f"discussion {number}", "a-person")
    github.post_comment(where, PULL_REQUEST, PREVIEW)
    github.post_comment(where, PULL_REQUEST, PREVIEW + "new")
    assert [each["body"] for each in server.comments[250:]] == [PREVIEW + "new"]
    # Three pages of comments and the end, each time, before what is written.
    assert server.asked == [*["GET"] * 4, "POST", *["GET"] * 3, "PATCH"]


def test_a_second_drift_edits_the_open_issue(server: GitHub, where: Repository) -> None:
    for text in (DRIFT, DRIFT.replace("Loki is", "Loki and Grafana are")):
        github.post_issue(where, text)
    [issue] = server.issues[1:]
    assert issue["title"] == "Drift in prod"
    assert "Loki and Grafana are stopped" in issue["body"]


def test_the_issue_is_closed_when_the_drift_is_fixed(server: GitHub, where: Repository) -> None:
    github.post_issue(where, DRIFT)
    github.close_issue(where, DRIFT.replace("Loki is stopped.", "There is none."))
    [issue] = server.issues[1:]
    assert issue["state"] == "closed"
    assert "Loki is stopped" in issue["body"]
    assert "There is none" in server.comments[-1]["body"]


def test_a_drift_after_a_fixed_one_is_an_issue_of_its_own(
    server: GitHub, where: Repository
) -> None:
    for act in (github.post_issue, github.close_issue, github.post_issue):
        act(where, DRIFT)
    assert [each["state"] for each in server.issues[1:]] == ["closed", "open"]


def test_without_an_open_issue_there_is_nothing_to_close(server: GitHub, where: Repository) -> None:
    assert github.close_issue(where, DRIFT) == ""
    assert server.comments == []


def test_a_pull_request_with_the_marker_is_not_taken_for_the_issue(
    server: GitHub, where: Repository
) -> None:
    server.add_issue(DRIFT, AUTHOR, pull_request={})
    github.post_issue(where, DRIFT)
    assert len(server.issues) == 3


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "token is not valid"),
        (403, "see the job's `permissions`"),
        (404, "no such thing"),
        (422, "422, Unprocessable [A-Z][a-z]+"),
    ],
)
def test_a_refusal_says_what_to_look_at_and_never_the_token(
    status: int, said: str, server: GitHub, where: Repository
) -> None:
    server.refusal = status
    with pytest.raises(GitHubError, match=f'{said}.* {{"message": "no"}}$') as refused:
        github.post_comment(where, PULL_REQUEST, PREVIEW)
    assert TOKEN not in str(refused.value) + repr(where)


def test_a_pull_request_that_does_not_exist_is_named(where: Repository) -> None:
    with pytest.raises(GitHubError, match=r"GET .*/issues/99/comments.*404"):
        github.post_comment(where, 99, PREVIEW)


def test_outside_of_an_enterprise_it_is_githubs_own_api() -> None:
    given = {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN}
    assert github.repository(given).api == "https://api.github.com"


def test_an_issue_without_a_text_is_not_taken_for_ours(server: GitHub, where: Repository) -> None:
    server.add_issue(None, AUTHOR)
    github.post_issue(where, DRIFT)
    assert [each["body"] for each in server.issues[1:]] == [None, DRIFT]


def test_an_api_that_does_not_answer_is_said_in_one_sentence() -> None:
    nowhere = Repository(REPOSITORY, "http://127.0.0.1:1", TOKEN)
    with pytest.raises(GitHubError, match="did not answer"):
        github.post_issue(nowhere, DRIFT)


@pytest.mark.parametrize("missing", ["GITHUB_REPOSITORY", "GITHUB_TOKEN"])
def test_outside_a_workflow_the_missing_variable_is_named(missing: str) -> None:
    environment = {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN, missing: ""}
    with pytest.raises(GitHubError, match=missing):
        github.repository(environment)


@pytest.mark.parametrize(
    ("post", "text"),
    [
        (lambda where, text: github.post_comment(where, PULL_REQUEST, text), "## No marker\n"),
        (github.post_issue, "<!-- monitoring-drift:prod -->\nno heading\n"),
    ],
)
def test_a_text_that_could_not_be_found_again_is_not_posted(
    post: Callable[[Repository, str], str], text: str, server: GitHub, where: Repository
) -> None:
    with pytest.raises(GitHubError, match="the text"):
        post(where, text)
    assert (server.issues[1:], server.comments) == ([], [])


Run = Callable[..., int]


@pytest.fixture
def run(server: GitHub, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command as a workflow does, and return its exit code."""
    monkeypatch.setenv("GITHUB_REPOSITORY", REPOSITORY)
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    monkeypatch.setenv("GITHUB_API_URL", server.url)
    monkeypatch.setenv("PATH", os.environ["PATH"])  # which a command may extend

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["commands", *arguments])
        return main()

    return run


def test_the_commands_of_the_workflows_post_edit_and_close(
    server: GitHub, tmp_path: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    preview, drift = tmp_path / "preview.md", tmp_path / "drift.md"
    preview.write_text(PREVIEW, encoding="utf-8")
    drift.write_text(DRIFT, encoding="utf-8")
    comment = ("post-comment", "--pull-request", "1", "--file", str(preview))
    file = ("--file", str(drift))
    issue = ("post-issue", *file)
    for arguments in (comment, comment, issue, issue, ("close-issue", *file)):
        assert run(*arguments) == 0
        assert capsys.readouterr().out.startswith("https://github.test/")
    assert [each["body"] for each in server.comments] == [PREVIEW, DRIFT]
    assert [each["state"] for each in server.issues] == ["open", "closed"]
    assert run("close-issue", *file) == 0
    assert capsys.readouterr().out == "no issue is open\n"


def test_a_text_that_is_not_there_is_said_without_a_traceback(
    run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("post-issue", "--file", "no-such-file.md") == 1
    said = capsys.readouterr().err
    assert said.startswith("error: no-such-file.md cannot be read: No such file or directory")
