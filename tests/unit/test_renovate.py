"""The bot that keeps versions current finds them where they are."""

from __future__ import annotations

import json
import re
from typing import Any

from bootstrap.paths import ROOT
from stack.settings.model import DEFAULT_IMAGES

CONFIG: dict[str, Any] = json.loads((ROOT / ".github/renovate.json").read_text())


def patterns(manager: dict[str, Any]) -> list[str]:
    """Return a manager's patterns of files without the slashes that mark them as such."""
    return [text.removeprefix("/").removesuffix("/") for text in manager["managerFilePatterns"]]


def test_every_default_image_is_found_where_its_setting_is_declared() -> None:
    [manager] = CONFIG["customManagers"]
    [pattern], [text] = patterns(manager), manager["matchStrings"]
    wanted = re.compile(text.replace("(?<", "(?P<"))
    paths = (str(path.relative_to(ROOT)) for path in ROOT.glob("stack/**/*.py"))
    files = [ROOT / path for path in paths if re.match(pattern, path)]
    found = [each for file in files for each in wanted.finditer(file.read_text())]
    assert {f"{each['depName']}:{each['currentValue']}" for each in found} == {
        *DEFAULT_IMAGES.values()
    }


def test_both_locked_files_are_made_by_a_command_that_it_reads() -> None:
    [pattern] = patterns(CONFIG["pip-compile"])
    files = [path for path in ROOT.glob("requirements*.txt") if re.match(pattern, path.name)]
    assert len(files) == 2
    # It understands options with their values after a `=` only.
    command = "uv pip compile --universal --python-version=3.11 --generate-hashes --output-file="
    for file in files:
        asked = file.with_suffix(".in").name
        assert f"#    {command}{file.name} {asked}\n" in file.read_text()
