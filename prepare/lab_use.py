"""When lab/ takes the place of what cannot be downloaded; lab/README.md tells it to people."""

from __future__ import annotations

import os
from enum import Enum

from prepare.progress import SetupError

VARIABLE = "LAB"
ENVIRONMENT = "dev"
"""The environment that needs no word for it: a person's own machine."""
HELP = (
    f"${VARIABLE} says whether lab/ builds what cannot be downloaded. Without it, it does so for "
    f"{ENVIRONMENT}, where no registry or download site can be reached. yes: in every environment, "
    "and nothing is asked first. no: nowhere."
)


class Lab(Enum):
    """What the lab is used for."""

    ALWAYS = "yes"
    """Whatever is missing: nothing is asked whether it can be downloaded."""
    NEVER = "no"
    """Nothing, and what the configuration has of it leaves that again."""
    UNREACHABLE = "unreachable"
    """What cannot be downloaded because no registry or site can be reached from here."""
    AS_WRITTEN = "as written"
    """The images that the configuration names."""


def chosen(stack: str) -> Lab:
    """What `$LAB` says, else what holds for the stack. Raises `SetupError`."""
    word = os.environ.get(VARIABLE, "")
    if word not in ("", Lab.ALWAYS.value, Lab.NEVER.value):
        raise SetupError(f"LAB is yes or no, not '{word}': see lab/README.md")
    if word:
        return Lab(word)
    return Lab.UNREACHABLE if stack == ENVIRONMENT else Lab.AS_WRITTEN


def refusal(what: str, why: str) -> SetupError:
    """The error where something cannot be downloaded and the lab may not take its place."""
    return SetupError(
        f"{what} cannot be downloaded ({why}): make it reachable and try again. lab/'s stand-in is "
        f"taken by itself only for {ENVIRONMENT}, and elsewhere where you say LAB=yes "
        "(lab/README.md)."
    )
