"""What a reviewer reads: `python -m review <command>`; the Makefile's targets call it."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from review import comment, drift, github, secrecy, steps


def main() -> int:
    """Run one command and return the exit code."""
    options = _parser().parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Not every terminal shows every character, such as those in somebody's file.
        sys.stdout.reconfigure(errors="replace")
    try:
        code: int = options.run(options)
    except (github.GitHubError, OSError) as problem:
        print(f"error: {problem}", file=sys.stderr)
        return 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m review", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run, meaning in (
        ("preview", _preview, "say what `pulumi up` would do; exits as `pulumi preview` does"),
        ("drift", _drift, "say what is not as it was deployed; exits with 2 where there is any"),
    ):
        look = commands.add_parser(name, help=meaning)
        look.add_argument("--stack", required=True, help="the environment")
        look.add_argument("--output", type=Path, help="a file that gets the text as well")
        look.set_defaults(run=run)
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


def _preview(options: argparse.Namespace) -> int:
    with _hidden(options.stack) as hidden:
        found = steps.preview(options.stack)
        _say(options, comment.comment(options.stack, found), hidden.result())
    return found.code


def _drift(options: argparse.Namespace) -> int:
    with _hidden(options.stack) as hidden:
        found = drift.look(options.stack)
        _say(options, drift.report(options.stack, found), hidden.result())
    return found.code


@contextmanager
def _hidden(stack: str) -> Iterator[Future[list[str]]]:
    """Ask for the stack's secrets while Pulumi looks at the stack: both take their time."""
    with ThreadPoolExecutor(1) as beside:
        yield beside.submit(secrecy.secrets, stack)


def _say(options: argparse.Namespace, text: str, hidden: list[str]) -> None:
    """Print the text, and write it to the file, without any secret of the stack."""
    masked = secrecy.mask(text, hidden)
    print(masked, end="")
    if options.output:
        options.output.write_text(masked, encoding="utf-8")


def _post_comment(options: argparse.Namespace) -> int:
    text = options.file.read_text(encoding="utf-8")
    print(github.post_comment(github.repository(), options.pull_request, text))
    return 0


def _post_issue(options: argparse.Namespace) -> int:
    text = options.file.read_text(encoding="utf-8")
    act = github.close_issue if options.close else github.post_issue
    print(act(github.repository(), text) or "no issue is open")
    return 0


if __name__ == "__main__":
    sys.exit(main())
