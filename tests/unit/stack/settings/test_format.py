"""How formats of texts and numbers are made, and what each of them takes."""

from __future__ import annotations

import re
from typing import Any

import pytest

from stack.settings import format as made
from stack.settings import formats, patterns
from stack.settings.format import Format


def refused(form: Format, value: object) -> str | None:
    """Return what is said of a value that a format does not take; None of one that it takes."""
    try:
        form.parse(value)
    except ValueError as error:
        return str(error)
    return None


def test_a_text_matches_as_a_whole() -> None:
    form = made.matching("a word", "word", "[a-z]+|A")
    assert (form.must_be, form.example) == ("a word", "word")
    assert form.parse("abc") == "abc"
    assert [refused(form, each) for each in ("abc1", "1abc", "", 7, None)] == [""] * 5
    assert form.schema == {"type": "string", "pattern": "^(?:[a-z]+|A)$"}


def test_one_of_some_words() -> None:
    form = made.one_of("a", "b", "c")
    assert (form.must_be, form.example, form.schema) == (
        "a, b or c",
        "a",
        {"enum": ["a", "b", "c"]},
    )
    assert form.parse("c") == "c"
    assert refused(form, "d") == ""
    assert made.one_of("http", "https").must_be == "http or https"


def test_a_least_amount_is_said_with_its_reason() -> None:
    form = made.at_least(formats.DURATION, "1m", "the program's own")
    assert form.must_be == f"{formats.DURATION.must_be}, at least 1m"
    assert form.parse("60s").seconds == 60
    assert refused(form, "59s") == "the program's own"
    assert refused(made.at_least(formats.SIZE, "2MB"), "1MB") == ""


def test_a_whole_number_may_come_as_a_text() -> None:
    form = made.whole("a number", 3, 2, 9)
    assert (form.must_be, form.example) == ("a number", 3)
    assert [form.parse(each) for each in (2, 9, "5")] == [2, 9, 5]
    for each in (1, 10, "10", "-3", "x", "5x", "", True, 2.0, None):
        assert refused(form, each) == ""
    assert form.schema["type"] == ["integer", "string"]
    assert (form.schema["minimum"], form.schema["maximum"]) == (2, 9)
    assert re.search(form.schema["pattern"], "5")
    assert made.whole("a number", 0, -3, 3).parse("-3") == -3


@pytest.mark.parametrize("zero", [True, False])
def test_a_number_is_above_zero_or_from_it(zero: bool) -> None:
    form = made.number("a number", 0.5, 2, zero=zero)
    assert (form.must_be, form.example) == ("a number", 0.5)
    assert [form.parse(each) for each in (0.001, 1, 2)] == [0.001, 1, 2]
    assert (refused(form, 0) is None) is zero
    for each in (-0.1, 2.1, True, "1", None):
        assert refused(form, each) == ""
    lowest = {"minimum": 0} if zero else {"exclusiveMinimum": 0}
    assert form.schema == {"type": "number", **lowest, "maximum": 2}
    assert "minimum" not in made.number("a number", 1, 2).schema


@pytest.mark.parametrize(
    ("form", "value", "reason"),
    [
        (formats.memory("64MB"), "63MB", "with less it does not start reliably"),
        (
            formats.TENS_OF_SECONDS,
            "15s",
            "Grafana counts in tens of seconds, and a rule sees the last five minutes",
        ),
        (patterns.PATTERN, "(?P<id>a)", "a group must have no name"),
        (patterns.PATTERN, "^$", "it matches where there is nothing"),
        (patterns.PATTERN, "a**", "multiple repeat at position 2"),
        (patterns.EXPRESSION, "a**", "multiple repeat at position 2"),
    ],
)
def test_a_value_that_is_refused_for_more_than_its_form_says_why(
    form: Format, value: object, reason: str
) -> None:
    assert refused(form, value) == reason


TAKEN: list[tuple[Format, list[Any], list[Any]]] = [
    (formats.PORT, [1, 65_535], [0, 65_536]),
    (formats.RATIO, [0.001, 1], [0, 1.01]),
    (formats.FACTOR, [0, 10], [10.1, -1]),
    (formats.BOOLEAN, [True, "true", "false"], ["yes", 1, None]),
    (formats.LOG_SIZE, ["1k", "999999g"], ["0m", "10MB", "1000000m"]),
    (formats.TENS_OF_SECONDS, ["10s", "2m", "30s"], ["5s", "15s", "130s", "3m"]),
    (formats.SECRET, ["a b"], ["", " a", "a ", "a\nb"]),
    (formats.PASSWORD, ["12345678"], ["1234567", " 1234567"]),
    (formats.ASCII_SECRET, ["a", "a b"], ["", " a", "ä"]),
    (formats.TARGET, ["a:1", "a-b.c:65535", "[::1]:9100"], ["a", "a:0", "a:65536", "http://a:1"]),
    (formats.IMAGE, ["a:1", "a/b@sha256:" + "0" * 64], ["a", "a:latest", "A:1", "a@sha256:0"]),
    (formats.ADDRESS, ["127.0.0.1", "::1"], ["localhost", "127.0.0.256"]),
    (formats.MAIL, ["a.b+c@example.com"], ["a", "a@", "a@-b"]),
    (formats.URL, ["http://a", "https://u@a:1/b?c#d"], ["a", "ftp://a", "http://a b", "http://$a"]),
    (patterns.EXPRESSION, ["Shop-1", "a.*|[a-z]+"], ["a b", "a{2}", "^a", ""]),
    (patterns.PATTERN, ["a{1000}", "a{2,}b", r"\w+"], ["a{1001}", "a++", r"(a)\1", "(?=a)b", ""]),
    (formats.PAGE, ["http://a:1/b"], ["http://u@a", "a"]),
]


@pytest.mark.parametrize(
    ("form", "good", "bad"), TAKEN, ids=lambda each: getattr(each, "must_be", "")
)
def test_a_format_takes_what_it_says_and_nothing_else(
    form: Format, good: list[Any], bad: list[Any]
) -> None:
    assert [each for each in good if refused(form, each) is not None] == []
    assert [each for each in bad if refused(form, each) is None] == []
    assert refused(form, form.example) is None
