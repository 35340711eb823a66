"""`python3 -m lab`: list or build what the lab has."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import lab
from lab.recipes import DEBIAN, IMAGES, PROGRAMS

_BUILT = {
    "tools": lab.tools,
    "compose": lab.compose,
    "actionlint": lab.actionlint,
    "versitygw": lab.versitygw,
    "engine": lab.engine,
}
_NAMES = (*_BUILT, *IMAGES)


def table() -> str:
    """Return what the lab has as a Markdown table, which `lab/README.md` repeats."""
    headings = ("what", "version", "from", "image", "build, cold", "unlike the official one")
    rows = [headings, ("---",) * len(headings)]
    for program in PROGRAMS.values():
        image = IMAGES[program.name].reference if program.name in IMAGES else ""
        source, cold = program.module, program.cold
        rows.append((program.name, program.version, source, image, cold, program.stand_in))
    rows += [
        (image.name, image.version, image.source, image.reference, image.cold, image.stand_in)
        for image in (DEBIAN, *IMAGES.values())
        if image.name not in PROGRAMS
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _build(names: list[str]) -> None:
    for name in names or _NAMES:
        result: Path | str = _BUILT[name]() if name in _BUILT else lab.images([name])[name]
        print(f"{name}\t{result}")


def main(arguments: list[str]) -> int:
    """Run one command and return the exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m lab", description=lab.__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="say what the lab has, in which versions, and from where")
    build = commands.add_parser("build", help="build what is not there yet, and say where it is")
    names = f"one of: {', '.join(_NAMES)} (default: all)"
    build.add_argument("names", nargs="*", metavar="NAME", help=names)
    chosen = parser.parse_args(arguments)
    if chosen.command == "list":
        print(table())
        return 0
    unknown = [name for name in chosen.names if name not in _NAMES]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; the lab builds {', '.join(_NAMES)}")
    try:
        _build(chosen.names)
    except lab.LabError as error:
        print(f"lab: error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
