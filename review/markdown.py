"""Markdown in which nothing that comes from a file can be more than text.

GitHub reads Markdown, HTML, `@names` and `#numbers` everywhere but in code.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

_LONGEST = 1_000  # of a value within a sentence, in characters
_LONGEST_ERROR = 8_000  # likewise; its end tells the most
_MOST_ERRORS = 5


def code(text: object) -> str:
    """Return a text as code within a line; a long one is cut in its middle."""
    line = " ".join(visible(str(text)).split())
    if len(line) > _LONGEST:
        line = f"{line[: _LONGEST // 2]} … {line[-_LONGEST // 2 :]}"
    marks = _marks(line, 1)
    room = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{marks}{room}{line}{room}{marks}" if line else "(empty)"


def block(text: str, language: str = "") -> str:
    """Return a text as a block of code."""
    marks = _marks(text, 3)
    return f"{marks}{language}\n{visible(text).rstrip()}\n{marks}"


def failures(errors: Sequence[str]) -> str:
    """Show errors; of one of the program's own its last line, and how it came to it folded."""
    return "\n\n".join(_failure(error) for error in errors[:_MOST_ERRORS])


def _failure(error: str) -> str:
    text = error.replace(f"{Path.cwd()}/", "")[-_LONGEST_ERROR:]
    if "Traceback (most recent call last)" not in text:
        return block(text)
    return f"{block(text.splitlines()[-1])}\n\n{folded('Where in the program', block(text))}"


def folded(summary: str, text: str) -> str:
    """Return Markdown that is shown after a click on `summary`, a plain text."""
    return f"<details><summary>{html.escape(summary)}</summary>\n\n{text}\n\n</details>"


def alert(kind: str, lines: list[str]) -> str:
    """Return Markdown lines as a box that GitHub colours: CAUTION, WARNING or NOTE."""
    return "\n".join([f"> [!{kind}]", *(f"> - {line}" for line in lines)])


def words(items: list[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


def visible(text: str) -> str:
    """Show what would be invisible, or would let a reviewer read another order than a program."""
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cc", "Cf") and character not in "\n\t"
    return f"\\u{ord(character):04x}" if hidden else character


def _marks(text: str, least: int) -> str:
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)
