"""What a setting's declaration says to those who read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass
from typing import Any

import pytest

from stack.settings import formats
from stack.settings.declaration import Setting, Shape, setting, settings
from stack.settings.values import Secret, Size


def declared() -> dict[str, Setting]:
    """Return the settings of a class that is declared here, by their keys."""

    @dataclass(frozen=True)
    class Inner:
        first: int = setting(formats.PORT, "The first.", 80)
        other: int = setting(formats.PORT, "The other.", 81)

    memory = setting(formats.memory("64MB"), "Its limit.", "512MB")
    labels = setting(formats.LABEL_VALUE, "Labels.", dict, keys=formats.LABEL_NAME)
    tokens = setting(formats.SECRET, "Tokens.", dict, keys=formats.NAME, secret=True)
    outer: Any = make_dataclass(
        "Outer",
        [
            ("name", str, setting(formats.NAME, "Its name.")),
            ("is_on", bool, setting(formats.BOOLEAN, "Whether it is on.", default=True)),
            ("most_of_memory", Size, memory),
            ("nothing", str | None, setting(formats.NAME, "Nothing.", None)),
            ("names", tuple[str, ...], setting(formats.NAME, "Names.", ())),
            ("labels", Mapping[str, str], labels),
            ("tokens", Mapping[str, Secret], tokens),
            ("inner", Inner, setting(None, "More.", Inner)),
            ("inners", tuple[Inner, ...], setting(None, "Several of them.", ())),
            ("plain", int, 3),
        ],
    )
    assert outer(name="a").most_of_memory == Size.parse("512MB")
    assert outer(name="a").labels == {}
    return {each.key: each for each in settings(outer)}


def test_a_field_that_is_declared_a_setting_has_the_key_and_all_that_was_said() -> None:
    found = declared()
    keys = ["name", "isOn", "mostOfMemory", "nothing", "names", "labels", "tokens"]
    assert list(found) == [*keys, "inner", "inners"]
    assert found["mostOfMemory"].name == "most_of_memory"
    assert found["name"].doc == "Its name."
    assert [key for key, each in found.items() if each.is_required] == ["name"]
    assert [key for key, each in found.items() if each.is_secret] == ["tokens"]
    assert (found["labels"].form, found["labels"].keys) == (formats.LABEL_VALUE, formats.LABEL_NAME)
    shapes = [each.shape for each in found.values() if each.shape is not Shape.ONE]
    assert shapes == [Shape.LIST, Shape.MAPPING, Shape.MAPPING, Shape.LIST]


def test_a_default_is_read_as_a_value_is() -> None:
    found = declared()
    assert found["mostOfMemory"].default == Size.parse("512MB")
    assert found["isOn"].default is True
    assert found["nothing"].default is None


def test_an_example_is_the_default_or_what_the_format_shows() -> None:
    shown = {key: each.example for key, each in declared().items()}
    assert shown == {
        "name": "backend",
        "isOn": True,
        "mostOfMemory": "512MB",
        "nothing": "backend",
        "names": ["backend"],
        "labels": {"environment": "text"},
        "tokens": {"backend": "secret"},
        "inner": {"first": 80},
        "inners": [{"first": 80}],
    }


def test_a_programs_memory_has_a_least() -> None:
    form = formats.memory("64MB")
    assert form.must_be == f"{formats.SIZE.must_be}, at least 64MB"
    assert form.parse("64MB").mebibytes == 64
    with pytest.raises(ValueError, match="with less it does not start reliably"):
        form.parse("63MB")
