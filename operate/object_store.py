"""Backups in an S3-compatible store, written and read as streams."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import IO, cast

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from bootstrap.progress import CommandError

SCHEME = "s3://"
# A store takes at most 10,000 parts of an object: 640 GB.
_PART_BYTES = 64 << 20
_PARTS_AT_ONCE = 2
_RETRY_TIME = timedelta(seconds=60)


@contextmanager
def writing(url: str) -> Iterator[IO[bytes]]:
    """Yield the stream of a new object, which is there once it is complete.

    Nothing is overwritten. Raises `CommandError`.
    """
    folder, name = url.rsplit("/", 1)
    if name in names(folder):
        raise CommandError(f"{url} is there already, and no backup is overwritten")
    with (
        _failures(url),
        obstore.open_writer(
            _store(folder), name, buffer_size=_PART_BYTES, max_concurrency=_PARTS_AT_ONCE
        ) as output,
    ):
        yield cast("IO[bytes]", output)


def read(url: str, output: IO[bytes]) -> None:
    """Write all of an object to a stream. Raises `CommandError`."""
    folder, name = url.rsplit("/", 1)
    with _failures(url):
        for chunk in obstore.get(_store(folder), name):
            output.write(chunk)


def names(url: str) -> list[str]:
    """Return the names of the objects directly below `url`, sorted. Raises `CommandError`."""
    with _failures(url):
        found = obstore.list_with_delimiter(_store(url))["objects"]
    return sorted(each["path"] for each in found)


def _store(url: str) -> S3Store:
    # GitHub gives what is not set as an empty variable, and the library takes that for a value.
    for name in [name for name, value in os.environ.items() if name.startswith("AWS_")]:
        if not os.environ[name]:
            del os.environ[name]
    # Whoever names an endpoint without TLS means it: a store in the same network, or a test's.
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
    return S3Store.from_url(
        url,
        client_options={"allow_http": endpoint.startswith("http://")},
        retry_config={"max_retries": 5, "retry_timeout": _RETRY_TIME},
    )


@contextmanager
def _failures(url: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise CommandError(f"there is no {url}") from error
    except (BaseError, ValueError) as error:
        # What follows is for those who debug the library, or a store's signatures.
        said = str(error).partition("\n\nDebug source:")[0]
        if answer := re.search(r"<Code>(.*?)</Code>\s*<Message>(.*?)</Message>", said):
            said = f"{answer[1]}: {answer[2]}"
        raise CommandError(
            f"{url} cannot be reached: {said}\nThe access is $AWS_ACCESS_KEY_ID, "
            "$AWS_SECRET_ACCESS_KEY and $AWS_REGION; with them goes $AWS_ENDPOINT_URL, unless the "
            "store is Amazon's"
        ) from error
