from __future__ import annotations

import re
from pathlib import Path

import pytest

from review.markdown import alert, block, code, failures, words

TRACE = """Traceback (most recent call last):
  File "{folder}/stack/component.py", line 1, in <module>
TypeError: it broke"""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "`plain`"),
        ("two\n  lines", "`two lines`"),
        ("", "(empty)"),
        (None, "`None`"),
        ("a`b", "``a`b``"),
        ("a```b`c", "````a```b`c````"),
        # CommonMark takes one space away at each end, so that the marks are not one run.
        ("`first", "`` `first ``"),
        ("last`", "`` last` ``"),
        ("\x1b[31mred\x00", r"`\u001b[31mred\u0000`"),
        ("admin\u202enimda\u200b", r"`admin\u202enimda\u200b`"),
        ("x" * 1_000, "`" + "x" * 1_000 + "`"),
        ("x" * 1_001, "`" + "x" * 500 + " … " + "x" * 500 + "`"),
    ],
)
def test_a_text_within_a_line_is_code_whatever_it_holds(text: object, shown: str) -> None:
    assert code(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("  a: 1\n\tb: 2\n\n", "```\n  a: 1\n\tb: 2\n```"),
        ("a ``` b", "````\na ``` b\n````"),
        ("a\rb", "```\na\\u000db\n```"),
    ],
)
def test_a_block_keeps_its_lines_and_cannot_be_left(text: str, shown: str) -> None:
    assert block(text) == shown


def test_errors_are_shown_without_the_folder_and_the_first_five_only() -> None:
    errors = [f"{Path.cwd()}/Pulumi.prod.yaml: error {number}" for number in range(7)]
    assert failures(errors) == "\n\n".join(
        f"```\nPulumi.prod.yaml: error {number}\n```" for number in range(5)
    )


def test_an_error_of_the_program_is_its_last_line_and_the_rest_can_be_unfolded() -> None:
    shown = failures([TRACE.format(folder=Path.cwd())])
    last, folded = shown.split("\n\n", 1)
    assert last == "```\nTypeError: it broke\n```"
    assert re.fullmatch(
        "<details><summary>[^<]+</summary>\n\n(.*)\n\n</details>", folded, re.DOTALL
    )
    assert block(TRACE.replace("{folder}/", "")) in folded


def test_lines_of_an_alert_and_names_in_a_sentence_are_joined() -> None:
    assert alert("NOTE", ["one", "two"]) == "> [!NOTE]\n> - one\n> - two"
    assert [words(list(names)) for names in ("a", "ab", "abc")] == ["a", "a and b", "a, b and c"]
