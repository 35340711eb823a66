"""A server that answers as GitHub's API does to those who write comments and issues.

`python -m tests.github PORT` runs it for trying a workflow's commands by hand.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

REPOSITORY = "acme/monitoring"
TOKEN = "a-token-that-nobody-may-see"
_BOT = "github-actions[bot]"
_MOST = 100  # that one page may hold


@dataclass
class GitHub:
    """A repository's issues and comments; `refusal` is the status that answers every call.

    `asked` are the methods of the calls so far.
    """

    url: str = ""
    issues: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    refusal: int | None = None
    asked: list[str] = field(default_factory=list)

    def add_issue(self, body: str | None, by: str, **more: Any) -> dict[str, Any]:
        """Open an issue, or with `pull_request` a pull request."""
        number = len(self.issues) + 1
        new = {"number": number, "title": "", "body": body, "user": {"login": by}, "state": "open"}
        self.issues.append({**new, "html_url": f"https://github.test/issues/{number}", **more})
        return self.issues[-1]

    def add_comment(self, issue: int, body: str, by: str) -> dict[str, Any]:
        """Comment on an issue or a pull request."""
        new = {"id": 1_000 + len(self.comments), "body": body, "user": {"login": by}}
        url = f"https://github.test/issues/{issue}#{new['id']}"
        self.comments.append({**new, "html_url": url, "issue": issue})
        return self.comments[-1]

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        """Return the status and the content of an answer."""
        self.asked.append(method)
        if self.refusal:
            return self.refusal, {"message": "no"}
        what = path.removeprefix(f"/repos/{REPOSITORY}/")
        if method == "PATCH" and (match := re.fullmatch(r"issues/comments/(\d+)", what)):
            [thing] = [each for each in self.comments if each["id"] == int(match[1])]
            thing.update(body)
            return 200, thing
        if match := re.fullmatch(r"issues/(\d+)/comments", what):
            return self._comments(method, int(match[1]), query, body)
        if method == "PATCH" and (match := re.fullmatch(r"issues/(\d+)", what)):
            thing = self.issues[int(match[1]) - 1]
            thing.update(body)
            return 200, thing
        if what == "issues":
            return self._issues(method, query, body)
        return 404, {"message": "Not Found"}

    def _issues(self, method: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        if method == "POST":
            return 201, self.add_issue(by=_BOT, **body)
        found = [each for each in self.issues if each["state"] == query["state"]]
        return 200, _page(found[::-1], query)

    def _comments(
        self, method: str, issue: int, query: dict[str, str], body: Any
    ) -> tuple[int, Any]:
        if issue > len(self.issues):
            return 404, {"message": "Not Found"}
        if method == "POST":
            return 201, self.add_comment(issue, body["body"], _BOT)
        return 200, _page([each for each in self.comments if each["issue"] == issue], query)


def _page(found: list[Any], query: dict[str, str]) -> list[Any]:
    size = min(int(query.get("per_page", 30)), _MOST)
    start = (int(query.get("page", 1)) - 1) * size
    return found[start : start + size]


@contextmanager
def serving(port: int = 0) -> Iterator[GitHub]:
    """Serve a repository's API on a port of loopback for as long as the block lasts."""
    github = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            status, content = 401, {"message": "Bad credentials"}
            if self.headers["Accept"] != "application/vnd.github+json":
                status, content = 415, {"message": "Unsupported 'Accept' header"}
            elif bool(body) != (self.command != "GET"):
                status, content = 400, {"message": "Problems parsing JSON"}
            elif body and self.headers["Content-Type"] != "application/json":
                status, content = 415, {"message": "Unsupported 'Content-Type' header"}
            elif self.headers["Authorization"] == f"Bearer {TOKEN}":
                given = json.loads(body) if body else None
                status, content = github.answer(self.command, url.path, query, given)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        do_GET = do_POST = do_PATCH = do  # noqa: N815 - the names are the base class's

        def log_message(self, *arguments: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        github.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield github
        server.shutdown()
        thread.join()


if __name__ == "__main__":
    with serving(int(sys.argv[1])) as shown:
        shown.add_issue("", "a-person", pull_request={})
        print(f"GITHUB_API_URL={shown.url} GITHUB_REPOSITORY={REPOSITORY} GITHUB_TOKEN={TOKEN}")
        print("pull request 1 is open; Enter ends it and prints what was written")
        sys.stdin.readline()
        print(json.dumps({"issues": shown.issues, "comments": shown.comments}, indent=2))
