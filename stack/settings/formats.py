"""The formats a setting's value can have, each with what it must be and an example to copy."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import replace

from stack.settings import docker_host, values
from stack.settings.format import Format, at_least, matching, number, one_of, text, whole

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\])"
# Grafana expands a `$` in its provisioning files, and with it one in the secrets that they name.
_URL = rf"https?://(?:[^\s/@$]+@)?{_HOST}(?::[0-9]+)?(?:[/?#][^\s$]*)?"
_WORD = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:{_HOST}(?::[0-9]+)?/)?{_WORD}(?:/{_WORD})*"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?P<digest>@sha256:[0-9a-f]{64})?"
)
_LONGEST_EVALUATION_SECONDS = 120
_SHORTEST_PASSWORD = 8


def memory(least: str) -> Format:
    """Make the format of a program's memory limit, of which `least` lets it start."""
    return at_least(SIZE, least, "with less it does not start reliably")


def _boolean(value: object) -> bool:
    # As text at the top level. Python takes the number 1 for True: no other value counts.
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise ValueError


def _target(value: object) -> str:
    given = text(value)
    if "://" in given:
        raise ValueError("the scheme and the path have settings of their own")
    match = re.fullmatch(rf"{_HOST}:([0-9]+)", given)
    if not match:
        raise ValueError("the port is missing" if re.fullmatch(_HOST, given) else "")
    PORT.parse(int(match[1]))
    return given


def _image(value: object) -> str:
    match = _IMAGE.fullmatch(text(value))
    if not match:
        raise ValueError
    if not match["tag"] and not match["digest"]:
        raise ValueError("it names neither a tag nor a digest")
    if match["tag"] == "latest" and not match["digest"]:
        raise ValueError("`latest` is another program tomorrow")
    return match[0]


def _tens_of_seconds(value: object) -> values.Duration:
    duration: values.Duration = DURATION.parse(value)
    if duration.seconds % 10 or duration.seconds > _LONGEST_EVALUATION_SECONDS:
        raise ValueError("Grafana counts in tens of seconds, and a rule sees the last five minutes")
    return duration


def _secret(value: object) -> str:
    given = text(value)
    if not given or given != given.strip() or not given.isprintable():
        raise ValueError
    return given


def _password(value: object) -> str:
    if len(text(value)) < _SHORTEST_PASSWORD:
        raise ValueError
    return _secret(value)


DURATION = Format(
    "a duration such as 15s, 5m, 1h30m or 30d",
    "15s",
    lambda value: values.Duration.parse(text(value)),
    {"type": "string", "pattern": f"^{values.DURATION.pattern}$", "minLength": 2},
)
INTERVAL = at_least(DURATION, "1s")
TENS_OF_SECONDS = Format(
    "whole tens of seconds up to 2m, such as 10s, 30s or 1m", "30s", _tens_of_seconds
)
SIZE = Format(
    "a size in KB, MB, GB or TB such as 512MB or 4GB",
    "512MB",
    lambda value: values.Size.parse(text(value)),
    {"type": "string", "pattern": f"^{values.SIZE.pattern}$"},
)
DISK = replace(SIZE, must_be="a size in MB, GB or TB such as 20GB", example="20GB")
LOG_SIZE = matching("a size as Docker reads it, such as 10m", "10m", r"[1-9][0-9]{0,5}[kmg]")
PORT = whole("a port number from 1 to 65535", 3000, 1, 65_535)
COUNT = whole("a whole number from 1 to 1000", 3, 1, 1_000)
SERIES = whole("a whole number from 1 to 1000000", 20_000, 1, 1_000_000)
RATIO = number("a number above 0 and up to 1 such as 0.05", 0.05, 1)
NUMBER = number("a number above 0 such as 0.1", 0.1, 1e9)
FACTOR = number("a number from 0 to 10", 1, 10, zero=True)
BOOLEAN = Format(
    "true or false", example=True, parse=_boolean, schema={"enum": [True, False, "true", "false"]}
)
TARGET = Format("a target as host:port, without scheme or path", "backend:3000", _target)
IMAGE = Format("an image with a fixed tag or digest", "grafana/loki:3.7.8", _image)
ADDRESS = Format(
    "an IP address such as 127.0.0.1",
    "127.0.0.1",
    lambda value: str(ipaddress.ip_address(text(value))),
)
NAME = matching(
    "a name of letters, digits, '.', '_' and '-', starting with a letter or digit",
    "backend",
    r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}",
)
HTTP_PATH = matching("a path that starts with '/'", "/metrics", r"/[^\s#]*")
OBJECT_STORE = matching(
    "the URL of a folder in an S3-compatible store, such as s3://bucket/monitoring",
    "s3://bucket/monitoring",
    r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?:/[A-Za-z0-9!_.*'()-]+)*",
)
FILE_PATH = matching("an absolute path", "/var/run/docker.sock", r"/[A-Za-z0-9_./-]*[A-Za-z0-9_-]")
SCHEME = one_of("http", "https")
AUTH = one_of("bearer", "basic", "none")
TEXT = matching("a text without line breaks", "text", r"[^\r\n]*")
LABEL_VALUE = matching("a text without line breaks, not empty", "text", r"[^\r\n]+")
LABEL_FILTER = matching(
    "a container label as name or name=value", "com.example.logs=true", r"[^\s=]+(=.*)?"
)
PROJECT = matching("a Compose project's name", "shop", r"[a-z0-9][a-z0-9_-]*")
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
DOCKER_HOST = matching(
    "an address of a Docker engine: unix://…, tcp://host:port or ssh://user@host",
    "unix:///var/run/docker.sock",
    rf"|(unix:///|tcp://)\S+|{docker_host.SSH_ADDRESS}",
)
URL = matching(
    "an address that starts with http:// or https://, without spaces and without '$'",
    "https://example.com/hook",
    _URL,
)
PAGE = matching(
    "an address that starts with http:// or https://, without spaces, a user or '$'",
    "http://proxy/",
    rf"https?://{_HOST}(?::[0-9]+)?(?:[/?#][^\s$]*)?",
)
URL_OR_NONE = matching(URL.must_be, "https://git.example.com/docs/runbooks", rf"|{_URL}")
MAIL = matching(
    "a mail address",
    "team@example.com",
    r"[A-Za-z0-9._%+-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?",
)
SECRET = Format("a text without spaces or breaks at its ends", "secret", _secret)
ASCII_SECRET = matching(
    "a text of ASCII characters without spaces or breaks at its ends",
    "secret",
    r"[!-~](?:[ -~]*[!-~])?",
)
PASSWORD = Format(
    f"a text of at least {_SHORTEST_PASSWORD} characters, without spaces or breaks at its ends",
    "a-password",
    _password,
)
