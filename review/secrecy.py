"""Takes a stack's secrets out of a text, should a file or an error hold one.

Pulumi hides what it knows to be a secret. It does not know of one that somebody has copied into a
file of `configs/`, or encoded.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from review.steps import SECRET

_VARIABLES = (
    *("PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN", "PGPASSWORD"),
    *("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"),
)
_SHORTEST = 6  # characters; shorter ones are found in the midst of words


def secrets(stack: str) -> list[str]:
    """Give the secrets of a stack, as far as they can be read, and of this run."""
    command = ["pulumi", "config", "--show-secrets", "--json", "--non-interactive"]
    done = subprocess.run(
        [*command, "--stack", stack], check=False, capture_output=True, encoding="utf-8"
    )
    entries = json.loads(done.stdout) if done.returncode == 0 else {}
    values = [e.get("objectValue", e.get("value")) for e in entries.values() if e["secret"]]
    return [text for text in (*_texts(values), *_of_the_run()) if len(text) >= _SHORTEST]


def mask(text: str, hidden: list[str]) -> str:
    """Replace each secret, as it is and in base64."""
    for form in sorted((form for each in hidden for form in _forms(each)), key=len, reverse=True):
        text = text.replace(form, SECRET)
    return text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _of_the_run() -> Iterator[str]:
    """Give what opens the state and the secrets in it."""
    for name in _VARIABLES:
        yield os.environ.get(name, "")
    yield urlsplit(os.environ.get("PULUMI_BACKEND_URL", "")).password or ""
    file = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if file and Path(file).is_file():
        yield Path(file).read_text(encoding="utf-8").strip()


def _forms(secret: str) -> Iterator[str]:
    """Give a secret, and what is left of it in base64 at each of the three ways it can lie."""
    yield secret
    yield json.dumps(secret)[1:-1]
    content = secret.encode()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + content).decode()
        # A character holds 6 bits; the first and last can hold bits of the neighbours too.
        yield encoded[-(-8 * before // 6) : 8 * (before + len(content)) // 6]
