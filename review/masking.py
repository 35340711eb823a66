"""Takes a stack's secrets out of a text, should a file or an error hold one.

Pulumi hides what it knows to be a secret. It does not know of one that somebody has copied into a
file of `configs/`, or encoded.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from operate.stacks import Stack
from review.preview import SECRET

_VARIABLES = (
    *("PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN", "PGPASSWORD"),
    *("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN"),
)
_SHORTEST = 6  # characters; shorter ones are found in the midst of words


def secrets(stack: Stack) -> list[str]:
    """Return the secrets of a stack, as far as they can be read, and what opens its state."""
    answer = stack.ask("config", "--show-secrets", "--json")
    entries = json.loads(answer.output) if answer.ok else {}
    values = [e.get("objectValue", e.get("value")) for e in entries.values() if e["secret"]]
    return [
        text for text in (*_texts(values), *_keys_to_the_state(stack.env)) if len(text) >= _SHORTEST
    ]


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


def _keys_to_the_state(env: Mapping[str, str]) -> Iterator[str]:
    """Return what opens the state and the secrets in it."""
    for name in _VARIABLES:
        yield env.get(name, "")
    yield urlsplit(env.get("PULUMI_BACKEND_URL", "")).password or ""
    file = env.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if file and Path(file).is_file():
        yield Path(file).read_text(encoding="utf-8").strip()


def _forms(secret: str) -> Iterator[str]:
    """Return a secret, and what is left of it in base64 at each of the three ways it can lie."""
    yield secret
    yield json.dumps(secret)[1:-1]
    content = secret.encode()
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + content).decode()
        # A character holds 6 bits; the first and last can hold bits of the neighbours too.
        yield encoded[-(-8 * before // 6) : 8 * (before + len(content)) // 6]
