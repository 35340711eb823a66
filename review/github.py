"""A comment or an issue on GitHub that is edited in place, found again by its first line.

That line is a comment of HTML, `<!-- monitoring-preview:prod -->`, which is not shown. Whoever
quotes it does not take its place: what counts was written by the workflows and starts with it.
"""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bootstrap.progress import CommandError
from setup.command import Command, Option

AUTHOR = "github-actions[bot]"
"""Who writes with the token that GitHub gives a workflow."""
_MARKER = re.compile(r"<!-- monitoring-[a-z]+:\S+ -->")
_PAGE = 100  # the most that GitHub gives at once
_ANSWER_SECONDS = 30
_WAYS_OUT = {
    401: "the token is not valid (any more)",
    403: "the token may not do this: see the job's `permissions`, or a limit on requests",
    404: "there is no such thing, or the token may not see it",
}


class GitHubError(CommandError):
    """GitHub did not do what it was asked; the text is for a person, and without the token."""


@dataclass(frozen=True)
class Repository:
    """A repository, named `owner/name`, behind the API at an address that ends with no slash."""

    name: str
    api: str
    token: str = field(repr=False)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Call the API below this repository; return the answer's JSON. Raises `GitHubError`."""
        request = urllib.request.Request(  # noqa: S310 - the API's address is GitHub's own word
            f"{self.api}/repos/{self.name}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Accept": "application/vnd.github+json", "Content-Type": "application/json"},
        )
        # A redirection must not carry the token to another host.
        request.add_unredirected_header("Authorization", f"Bearer {self.token}")
        what = f"{method} {request.full_url}"
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER_SECONDS) as answer:  # noqa: S310 - same
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                said = error.read().decode(errors="replace")
            reason = _WAYS_OUT.get(error.code, error.reason)
            raise GitHubError(f"GitHub refused {what}: {error.code}, {reason} {said}") from None
        except OSError as error:
            raise GitHubError(f"GitHub did not answer {what}: {error}") from error

    def every(self, path: str) -> Iterator[Any]:
        """Yield what a list of the API holds, page after page."""
        number = 1
        while page := self.ask("GET", f"{path}per_page={_PAGE}&page={number}"):
            yield from page
            number += 1


def repository(environment: Mapping[str, str] = os.environ) -> Repository:
    """Return the repository that a workflow runs for. Raises `GitHubError`."""
    for name in ("GITHUB_REPOSITORY", "GITHUB_TOKEN"):
        if not environment.get(name):
            raise GitHubError(f"{name} is not set: this runs in a workflow of GitHub's")
    api = environment.get("GITHUB_API_URL") or "https://api.github.com"
    return Repository(environment["GITHUB_REPOSITORY"], api, environment["GITHUB_TOKEN"])


def post_comment_file(pull_request: int, file: Path) -> None:
    """Write a text as the comment on a pull request, in the place of the one before."""
    print(post_comment(repository(), pull_request, _text(file)))


def post_issue_file(file: Path) -> None:
    """Write a text as an issue, in the place of the one before."""
    print(post_issue(repository(), _text(file)))


def close_issue_file(file: Path) -> None:
    """Close the issue, with the text as its last comment."""
    print(close_issue(repository(), _text(file)) or "no issue is open")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise GitHubError(f"{file} cannot be read: {error.strerror}") from error


_FILE = Option("file", "the text, in Markdown", parse=Path)
COMMANDS = (
    Command(
        "post-comment", post_comment_file, (Option("pull-request", "its number", parse=int), _FILE)
    ),
    Command("post-issue", post_issue_file, (_FILE,)),
    Command("close-issue", close_issue_file, (_FILE,)),
)


def post_comment(where: Repository, pull_request: int, text: str) -> str:
    """Write the text as the one comment with its marker; return the comment's address."""
    comments = f"issues/{pull_request}/comments"
    for found in _own(where.every(f"{comments}?"), _marker(text)):
        return _address(where.ask("PATCH", f"issues/comments/{found['id']}", {"body": text}))
    return _address(where.ask("POST", comments, {"body": text}))


def post_issue(where: Repository, text: str) -> str:
    """Write the text as the one open issue with its marker; return the issue's address.

    The text's first heading is the title.
    """
    content = {"title": _title(text), "body": text}
    for found in _open_issues(where, text):
        return _address(where.ask("PATCH", f"issues/{found['number']}", content))
    return _address(where.ask("POST", "issues", content))


def close_issue(where: Repository, text: str) -> str:
    """Close the open issue with the text's marker, with the text as its last comment.

    Returns the issue's address; empty where none is open.
    """
    for found in _open_issues(where, text):
        number = found["number"]
        where.ask("POST", f"issues/{number}/comments", {"body": text})
        return _address(where.ask("PATCH", f"issues/{number}", {"state": "closed"}))
    return ""


def _open_issues(where: Repository, text: str) -> Iterator[Any]:
    # Among GitHub's issues are the pull requests.
    issues = (each for each in where.every("issues?state=open&") if "pull_request" not in each)
    return _own(issues, _marker(text))


def _own(found: Iterator[Any], marker: str) -> Iterator[Any]:
    for each in found:
        if each["user"]["login"] == AUTHOR and (each["body"] or "").startswith(marker):
            yield each


def _marker(text: str) -> str:
    first = text.partition("\n")[0].strip()
    if not _MARKER.fullmatch(first):
        raise GitHubError(f"the text must begin with a marker to find it again: {first[:80]!r}")
    return first


def _title(text: str) -> str:
    heading = re.search(r"^#+ +(.+)$", text, re.MULTILINE)
    if heading is None:
        raise GitHubError("the text has no heading to be the issue's title")
    return heading[1].strip()


def _address(answer: Any) -> str:
    return str(answer["html_url"])
