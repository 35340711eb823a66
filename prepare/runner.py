"""A runner of GitHub's made ready for an environment: what it must be given, the way to the server.

docs/pull-requests.md tells where the values are set.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from prepare import touched, virtualenv
from prepare.places import ROOT
from prepare.progress import SetupError, note
from prepare.stacks import PASSWORD
from stack import remote

BACKEND, PASSPHRASE = "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"
KEY, KNOWN_HOSTS = "DOCKER_SSH_KEY", "DOCKER_SSH_KNOWN_HOSTS"

_OWN_FOLDER = re.compile(r"^ +url: *['\"]?file:", re.MULTILINE)


def prepare(name: str) -> None:
    """Have the packages, with which a job can also say what went wrong, then be `ready`."""
    virtualenv.ready()
    ready(name)


def ready(
    name: str,
    given: Mapping[str, str] = os.environ,
    home: Path | None = None,
    root: Path = ROOT,
) -> None:
    """Check what a job is given for an environment, and write the key and the known hosts.

    A job that does not name the key among its variables, such as the preview, gets no way to the
    server. Raises `SetupError` with every value that is missing.
    """
    wanted = [PASSPHRASE]
    if _OWN_FOLDER.search((root / "Pulumi.yaml").read_text()):
        # The runner's folder is empty: everything would seem new.
        wanted.append(BACKEND)
    if KEY in given and remote.is_ssh(touched.docker_host(name, root)):
        wanted += [KEY, KNOWN_HOSTS]
    missing = [variable for variable in wanted if not given.get(variable)]
    if missing:
        raise SetupError(
            f"this job is not given {', '.join(missing)}: add it in GitHub, in the environment of "
            f"{name} that the job names (docs/pull-requests.md)"
        )
    if f"\n  {PASSWORD}:" not in (root / f"Pulumi.{name}.yaml").read_text():
        raise SetupError(
            f"Pulumi.{name}.yaml has no password for Grafana, and one made here would be lost: run "
            f"`pulumi config set --secret {PASSWORD} --stack {name}` on your machine, and commit it"
        )
    if KEY in wanted:
        folder = (home or Path.home()) / ".ssh"
        folder.mkdir(mode=0o700, exist_ok=True)
        _write_key(folder / "id_ed25519", _lines(given[KEY]))
        _add(folder / "known_hosts", _lines(given[KNOWN_HOSTS]))


def _lines(text: str) -> str:
    """A text as ssh reads it, however it was pasted."""
    return "\n".join(text.split("\r\n")).strip() + "\n"


def _write_key(file: Path, key: str) -> None:
    """Write the key where ssh looks for one, whatever its type; never over another."""
    try:
        # The mode is given at creation: the key is at no time readable by others.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if file.read_text() == key:
            return
        raise SetupError(f"{file} is another key, which this runner had before: move it") from None
    with os.fdopen(descriptor, "w") as output:
        output.write(key)
    note(f"wrote the key for the Docker host to {file}")


def _add(file: Path, hosts: str) -> None:
    old = file.read_text() if file.exists() else ""
    if hosts not in old:
        file.write_text(old + hosts)
        file.chmod(0o600)
