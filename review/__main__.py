"""What a reviewer reads: `python -m review <command>`; the Makefile's targets call it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from review import github


def main() -> int:
    """Run one command and return the exit code."""
    options = _parser().parse_args()
    try:
        code: int = options.run(options)
    except (github.GitHubError, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m review", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    post = commands.add_parser(
        "post", help="write a text to GitHub, in the place of the one before"
    )
    what = post.add_subparsers(dest="what", required=True)
    comment = what.add_parser("comment", help="as a comment on a pull request")
    comment.add_argument("--pull-request", type=int, required=True, help="its number")
    comment.set_defaults(run=_post_comment)
    issue = what.add_parser("issue", help="as an issue")
    issue.add_argument("--close", action="store_true", help="close it, with the text as last word")
    issue.set_defaults(run=_post_issue)
    for each in (comment, issue):
        each.add_argument("--file", type=Path, required=True, help="the text, in Markdown")
    return parser


def _post_comment(options: argparse.Namespace) -> int:
    text = options.file.read_text()
    print(github.post_comment(github.repository(), options.pull_request, text))
    return 0


def _post_issue(options: argparse.Namespace) -> int:
    text = options.file.read_text()
    act = github.close_issue if options.close else github.post_issue
    print(act(github.repository(), text) or "no issue is open")
    return 0


if __name__ == "__main__":
    sys.exit(main())
