"""An S3-compatible store of the test's own, which keeps its objects in a folder."""

from __future__ import annotations

import secrets
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from setup import local_builds
from tests.engine.environment import free_port
from tests.engine.waiting import eventually

BUCKET = "bucket"


@contextmanager
def running(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run a store with one bucket, its access in the variables; yield the bucket's URL."""
    port, key, secret = free_port(), secrets.token_hex(8), secrets.token_hex(16)
    (folder / BUCKET).mkdir()
    patch.setenv("AWS_ACCESS_KEY_ID", key)
    patch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    patch.setenv("AWS_REGION", "eu-central-1")
    patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    where = ("--port", f"127.0.0.1:{port}", "--region", "eu-central-1", "posix", str(folder))
    command = [str(local_builds.versitygw()), *where]
    access = {"ROOT_ACCESS_KEY_ID": key, "ROOT_SECRET_ACCESS_KEY": secret}
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(command, env=access, stdout=log, stderr=log) as process,
    ):
        try:
            eventually(lambda: _listens(port), seconds=20, what="an answer of the object store")
            yield f"s3://{BUCKET}"
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
