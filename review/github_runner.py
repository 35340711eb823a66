"""A runner of GitHub's made ready for an environment: what it must be given, the way to the server.

docs/pull-requests.md tells where the values are set.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from bootstrap.paths import ROOT
from bootstrap.programs import ask
from bootstrap.progress import CommandError, note
from operate import environments
from operate.environments import PASSWORD
from setup.command import STACK, Command
from stack.docker import ssh
from stack.settings import docker_host

BACKEND, PASSPHRASE = "PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"
KEY, KNOWN_HOSTS = "DOCKER_SSH_KEY", "DOCKER_SSH_KNOWN_HOSTS"
KEY_SECONDS = 3_600
"""How long ssh has the key: as long as a job may last (deploy.yml)."""


def ready(
    stack: str,
    given: Mapping[str, str] = os.environ,
    home: Path | None = None,
    root: Path = ROOT,
) -> None:
    """Check what a job on GitHub is given, and let its later steps reach the server.

    A job that does not name the key among its variables, such as the preview, gets no way to the
    server. Raises `CommandError` with every value that is missing.
    """
    wanted = [PASSPHRASE]
    backend = environments.read(root / "Pulumi.yaml").get("backend") or {}
    if str(backend.get("url")).startswith("file:"):
        # The runner's folder is empty: everything would seem new.
        wanted.append(BACKEND)
    if KEY in given and docker_host.is_ssh(environments.docker_host(stack, root)):
        wanted += [KEY, KNOWN_HOSTS]
    missing = [variable for variable in wanted if not given.get(variable)]
    if missing:
        raise CommandError(
            f"this job is not given {', '.join(missing)}: add it in GitHub, in the environment of "
            f"{stack} that the job names (docs/pull-requests.md)"
        )
    if not environments.settings(stack, root).get(PASSWORD):
        raise CommandError(
            f"Pulumi.{stack}.yaml has no password for Grafana, and one made here would be lost: "
            f"run `pulumi config set --secret {PASSWORD} --stack {stack}` on your machine, and "
            "commit it"
        )
    if KEY in wanted:
        _add((home or Path.home()) / ".ssh" / "known_hosts", _lines(given[KNOWN_HOSTS]))
        _tell(_agent(_lines(given[KEY])), given.get("GITHUB_ENV"))


COMMAND = Command("runner", ready, (STACK,))


def _lines(text: str) -> str:
    """Return a text as ssh reads it, however it was pasted."""
    return "\n".join(text.split("\r\n")).strip() + "\n"


def _add(file: Path, hosts: str) -> None:
    file.parent.mkdir(mode=0o700, exist_ok=True)
    old = file.read_text() if file.exists() else ""
    if hosts not in old:
        file.write_text(old + hosts)
        file.chmod(0o600)


def _agent(key: str) -> dict[str, str]:
    """Give the key to an agent of this job's own; return the variables by which ssh finds it.

    So the key is in no file, and no other environment's on the same runner is in the way. The job's
    last step ends the agent (`ssh-agent -k`); without it the agent forgets the key in time.
    """
    started = ask("ssh-agent", "-s", "-t", str(KEY_SECONDS))
    found = dict(re.findall(r"(SSH_\w+)=([^;]+);", started.output))
    if not found:
        raise CommandError(f"ssh-agent does not start ({started.complaint}): install OpenSSH")
    variables = {**os.environ, **ssh.WITHOUT_QUESTIONS, **found}
    added = ask("ssh-add", "-q", "-", env=variables, given=key)
    if not added.ok:
        ask("ssh-agent", "-k", env=variables)
        raise CommandError(
            f"ssh does not take {KEY} ({added.complaint}): it must be a whole private key without "
            "a passphrase"
        )
    note("gave the key for the Docker host to an ssh-agent of this job's own")
    return found


def _tell(variables: Mapping[str, str], file: str | None) -> None:
    """Set the variables in the job's later steps; outside of GitHub print them for a shell."""
    if file:
        with Path(file).open("a") as output:
            output.writelines(f"{key}={value}\n" for key, value in variables.items())
    else:
        for key, value in variables.items():
            print(f"export {key}={shlex.quote(value)}")
