"""A page of the documentation as a reader follows it: commands run, and code put into files."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Block:
    """What stands between two fences, with what the text before it names last.

    Attributes:
        section: the heading that it stands below.
        language: `sh`, `yaml` …; none where the fence names none.
        path: the last `path` in the paragraph before, for what is to be written into a file.
    """

    section: str
    language: str
    path: str
    text: str


def blocks(page: str) -> Iterator[Block]:
    """Take a page in Markdown apart."""
    fences = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    section, end = "", 0
    for fence in fences.finditer(page):
        before = page[end : fence.start()]
        end = fence.end()
        if headings := re.findall(r"^#+ (.*)$", before, re.MULTILINE):
            section = headings[-1]
        paths = re.findall(r"`([\w./-]+)`", before)
        yield Block(section, fence[1], paths[-1] if paths else "", fence[2])


class Shell:
    """A shell that keeps its folder and its exported variables from one block to the next."""

    def __init__(self, folder: Path, start: Path, variables: Mapping[str, str]) -> None:
        """Begin in the folder `start`; what must be remembered is kept in `folder`."""
        self._state = folder / "shell-state"
        self._state.write_text(f"cd '{start}'\n")
        self._variables = dict(variables)

    def run(self, commands: str) -> str:
        """Run a block to its end; return what it printed. Raises AssertionError where it fails."""
        script = (
            f'. "{self._state}"\n{commands}\n{{ export -p; echo "cd \'$PWD\'"; }} > "{self._state}"'
        )
        done = subprocess.run(
            ("bash", "-e", "-u", "-o", "pipefail", "-c", script),
            env=self._variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        return done.stdout

    def write(self, path: str, text: str) -> None:
        """Put a text into a file of the folder in which the shell is."""
        folder = self._state.read_text().rsplit("cd '", 1)[1].rstrip("'\n")
        Path(folder, path).write_text(text)
