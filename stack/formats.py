"""The formats a setting's value can have, each with what it wants and an example to copy."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from stack import remote, values

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])"
_WORD = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:{_HOST}(?::\d+)?/)?{_WORD}(?:/{_WORD})*"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?P<digest>@sha256:[0-9a-f]{64})?"
)


@dataclass(frozen=True)
class Format:
    """How one kind of value is read.

    `parse` takes what YAML gave and returns the typed value, or raises ValueError, whose text (if
    any) says more than `wants` does. `example` is a value that passes. `schema` tells editors about
    it, as JSON Schema, and never refuses what `parse` accepts.
    """

    wants: str
    example: Any
    parse: Callable[[Any], Any]
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


def matching(wants: str, example: str, pattern: str) -> Format:
    """Make the format of a text that matches a pattern as a whole."""

    def parse(value: object) -> str:
        if not re.fullmatch(pattern, _text(value)):
            raise ValueError
        return str(value)

    return Format(wants, example, parse, {"type": "string", "pattern": f"^(?:{pattern})$"})


def at_least(form: Format, least: str, why: str = "") -> Format:
    """Make a format of durations or sizes that refuses less than `least`, and says `why`."""
    lowest = form.parse(least)

    def parse(value: object) -> Any:
        found = form.parse(value)
        if found.amount < lowest.amount:
            raise ValueError(why)
        return found

    return replace(form, wants=f"{form.wants}, at least {least}", parse=parse)


def memory(least: str) -> Format:
    """Make the format of a program's memory limit, of which `least` lets it start."""
    return at_least(SIZE, least, "with less it does not start reliably")


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError
    return value


def _integer(low: int, high: int) -> Callable[[Any], int]:
    def parse(value: object) -> int:
        # A number at the top level of the configuration reaches the program as text.
        if isinstance(value, str) and re.fullmatch(r"-?\d+", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError
        return value

    return parse


def _boolean(value: object) -> bool:
    # As text at the top level. Python takes the number 1 for True: no other value counts.
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError


def _target(value: object) -> str:
    text = _text(value)
    if "://" in text:
        raise ValueError("the scheme and the path have settings of their own")
    match = re.fullmatch(rf"{_HOST}:(\d+)", text)
    if not match:
        raise ValueError("the port is missing" if re.fullmatch(_HOST, text) else "")
    _integer(1, 65_535)(int(match[1]))
    return text


def _image(value: object) -> str:
    match = _IMAGE.fullmatch(_text(value))
    if not match:
        raise ValueError
    if not match["tag"] and not match["digest"]:
        raise ValueError("it names neither a tag nor a digest")
    if match["tag"] == "latest" and not match["digest"]:
        raise ValueError("`latest` is another program tomorrow")
    return match[0]


def _address(value: object) -> str:
    return str(ipaddress.ip_address(_text(value)))


def _expression(value: object) -> str:
    """Accept what Docker's filters, Prometheus' RE2 and Python all read alike."""
    text = _text(value)
    if not re.fullmatch(r"[A-Za-z0-9_.*+?|()\[\]-]+", text):
        raise ValueError
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(str(error)) from error
    return text


def _one_of(*choices: str) -> Format:
    wants = ", ".join(choices[:-1]) + f" or {choices[-1]}"
    known = matching(wants, choices[0], "|".join(choices))
    return replace(known, schema={"enum": list(choices)})


def _whole(wants: str, example: int, low: int, high: int) -> Format:
    schema = {"type": ["integer", "string"], "minimum": low, "maximum": high, "pattern": "^\\d+$"}
    return Format(wants, example, _integer(low, high), schema)


DURATION = Format(
    "a duration such as 15s, 5m, 1h30m or 30d",
    "15s",
    lambda value: values.Duration.parse(_text(value)),
    {"type": "string", "pattern": f"^{values.DURATION.pattern}$", "minLength": 2},
)
SIZE = Format(
    "a size in KB, MB, GB or TB such as 512MB or 4GB",
    "512MB",
    lambda value: values.Size.parse(_text(value)),
    {"type": "string", "pattern": f"^{values.SIZE.pattern}$"},
)
PORT = _whole("a port number from 1 to 65535", 3000, 1, 65_535)
COUNT = _whole("a whole number from 1 to 1000", 3, 1, 1_000)
SERIES = _whole("a whole number from 1 to 1000000", 20_000, 1, 1_000_000)
BOOLEAN = Format(
    "true or false", example=True, parse=_boolean, schema={"enum": [True, False, "true", "false"]}
)
TARGET = Format("a target as host:port, without scheme or path", "backend:3000", _target)
IMAGE = Format("an image with a fixed tag or digest", "grafana/loki:3.7.8", _image)
ADDRESS = Format("an IP address such as 127.0.0.1", "127.0.0.1", _address)
NAME = matching(
    "a name of letters, digits, '.', '_' and '-', starting with a letter or digit",
    "backend",
    r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}",
)
HTTP_PATH = matching("a path that starts with '/'", "/metrics", r"/[^\s#]*")
FILE_PATH = matching("an absolute path", "/var/run/docker.sock", r"/[A-Za-z0-9_./-]*[A-Za-z0-9_-]")
SCHEME = _one_of("http", "https")
AUTH = _one_of("bearer", "basic", "none")
TEXT = matching("a text without line breaks", "text", r"[^\r\n]*")
LABEL_VALUE = matching("a text without line breaks, not empty", "text", r"[^\r\n]+")
LABEL_FILTER = matching(
    "a container label as name or name=value", "com.example.logs=true", r"[^\s=]+(=.*)?"
)
PROJECT = matching("a Compose project's name", "shop", r"[a-z0-9][a-z0-9_-]*")
EXPRESSION = Format(
    "a container's name, or a regular expression for its whole name", "shop-.*", _expression
)
LABEL_NAME = matching(
    "a label name of letters, digits and '_', not starting with '__'",
    "environment",
    r"(?!__)[A-Za-z_][A-Za-z0-9_]*",
)
HISTOGRAM_NAME = matching(
    "the name of a histogram without _bucket, _sum or _count",
    "http_request_duration_seconds",
    r"[A-Za-z_:][A-Za-z0-9_:]*(?<!_bucket)(?<!_sum)(?<!_count)",
)
METRIC_PREFIX = matching(
    "the beginning of a metric's name, such as shop_", "shop_", r"|[A-Za-z_:][A-Za-z0-9_:]*"
)
LOG_SIZE = matching("a size as Docker reads it, such as 10m", "10m", r"[1-9][0-9]{0,5}[kmg]")
DOCKER_HOST = matching(
    "an address of a Docker engine: unix://…, tcp://host:port or ssh://user@host",
    "unix:///var/run/docker.sock",
    rf"|(unix:///|tcp://)\S+|{remote.SSH_ADDRESS}",
)
