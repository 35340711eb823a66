"""A Docker host of the test's own: an sshd and an engine on an address of their own.

It runs on this machine, in namespaces that end with the test, also where that is killed: with the
first process of theirs ends everything in them, mounts, network and containers included.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.engine import docker
from tests.engine.waiting import eventually

_NEEDED = ("sshd", "ip", "unshare", "dockerd")

# Its /run is its own, so that its engine has the socket's usual path; in memory, which is gone at
# once, unless the folder has one for the engine. A line on the standard input switches it on, each
# further one starts the engine again, and the end of it takes all away.
_START = """
mount -t tmpfs none /run
mkdir /run/sshd /run/engine
[ ! -d "$1/engine" ] || mount --bind "$1/engine" /run/engine
read -r _ || exit
/usr/sbin/sshd -D -e -f "$1/sshd_config" 2> "$1/sshd.log" &
dockerd --data-root /run/engine 2>> "$1/dockerd.log" &
while read -r _; do
  kill $!; wait $!
  dockerd --data-root /run/engine 2>> "$1/dockerd.log" &
done
"""
_SSHD = """
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PermitRootLogin prohibit-password
PasswordAuthentication no
StrictModes no
PidFile none
"""
_SSH = """
Host *
  IdentityFile {folder}/user_key
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known_hosts
"""
_WRAPPER = """#!/bin/sh
echo "$@" >> {folder}/connections
exec /usr/bin/ssh -F {folder}/ssh_config "$@"
"""


class Server:
    """A host that is reached as `root@address`, off at first.

    `programs` is a folder for the PATH, with an `ssh` that has the key and its own known hosts.
    Its engine is this machine's, unless `engine` is a folder with the programs of another one.
    """

    def __init__(self, folder: Path, engine: Path | None = None) -> None:
        path = os.pathsep.join([*([str(engine)] if engine else []), os.environ["PATH"]])
        _demand_what_it_takes(engine, path)
        number = secrets.randbelow(256)
        self.address = f"10.78.{number}.2"
        self.url = f"ssh://root@{self.address}"
        self.known_hosts = folder / "known_hosts"
        self.user_key = folder / "user_key"
        self.programs = folder / "bin"
        self.folder = folder
        self._links = (f"monitor{number}", f"monitored{number}")
        self._gateway = f"10.78.{number}.1"
        for key in ("host_key", "user_key"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key))
        (folder / "sshd_config").write_text(_SSHD.format(folder=folder))
        (folder / "ssh_config").write_text(_SSH.format(folder=folder))
        self.programs.mkdir()
        ssh = self.programs / "ssh"
        ssh.write_text(_WRAPPER.format(folder=folder))
        ssh.chmod(0o755)
        spaces = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
        self.process = subprocess.Popen(
            ["unshare", *spaces, "sh", "-c", _START, "sh", str(folder)],
            env={**os.environ, "PATH": path},
            stdin=subprocess.PIPE,
        )
        eventually(self._is_apart, seconds=10, what="a network of the server's own")
        self._connect()

    def switch_on(self) -> None:
        """Start sshd and the engine, and wait until that answers."""
        self.next_line()
        eventually(lambda: self.docker("version"), seconds=60, what="an answer of its engine")

    def remove(self) -> None:
        """End everything that runs there, and leave nothing behind."""
        # Containers that only die leave their control groups to the kernel.
        for container in self._docker("ps", "--all", "--quiet", check=False).split():
            self._docker("rm", "--force", container, check=False)
        self.process.communicate()
        shutil.rmtree(self.folder)

    def learn_host_key(self) -> None:
        """Put its host key among the known ones."""
        scan = ["ssh-keyscan", self.address]
        done = subprocess.run(scan, check=True, capture_output=True, text=True)
        self.known_hosts.write_text(done.stdout)

    def connections(self) -> list[str]:
        """Give the arguments of each ssh that there was."""
        log = self.folder / "connections"
        return log.read_text().splitlines() if log.exists() else []

    def docker(self, *arguments: str) -> str:
        """Run a docker command there, without ssh; give what it prints."""
        return self._docker(*arguments)

    def healthy(self) -> set[str]:
        """Give the containers there that its engine has found healthy."""
        listed = self.docker("ps", "--filter", "health=healthy", "--format", "{{.Names}}")
        return set(listed.splitlines())

    def load(self, *images: str) -> None:
        """Copy images of the local engine to the server's."""
        with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as save:
            subprocess.run(
                ["docker", "--host", self._socket, "load", "--quiet"],
                stdin=save.stdout,
                check=True,
                stdout=subprocess.DEVNULL,
            )

    def cut_off(self) -> None:
        """Pull its network cable."""
        run("ip", "link", "set", self._links[0], "down")

    def connect_again(self) -> None:
        """Put the cable back."""
        run("ip", "link", "set", self._links[0], "up")

    def next_line(self) -> None:
        """Give its first process a line."""
        assert self.process.stdin
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def _docker(self, *arguments: str, check: bool = True) -> str:
        return docker.docker("--host", self._socket, *arguments, check=check)

    @property
    def _socket(self) -> str:
        return f"unix:///proc/{self.process.pid}/root/run/docker.sock"

    def _is_apart(self) -> bool:
        assert self.process.poll() is None, "unshare has ended"
        spaces = Path(f"/proc/{self.process.pid}/ns")
        return (spaces / "net").readlink() != Path("/proc/self/ns/net").readlink()

    def _connect(self) -> None:
        """Lay a cable between this machine and the server; it is gone with the server."""
        here, there = self._links
        pid = str(self.process.pid)
        inside = ("nsenter", "--target", pid, "--net", "ip")
        run("ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", pid)
        run("ip", "address", "add", f"{self._gateway}/24", "dev", here)
        run("ip", "link", "set", here, "up")
        run(*inside, "address", "add", f"{self.address}/24", "dev", there)
        for link in ("lo", there):
            run(*inside, "link", "set", link, "up")


def _demand_what_it_takes(engine: Path | None, path: str) -> None:
    """Fail the test, with the way out, where no such host can be made."""
    missing = [name for name in _NEEDED if not shutil.which(name, path=path)]
    if os.geteuid():
        why = "you are not root"
    elif missing:
        why = f"there is no {', '.join(missing)} on the PATH"
    elif engine and not (engine / "dockerd").exists():
        why = f"its engine is not in {engine}"
    else:
        return
    pytest.fail(
        f"a Docker host of the test's own cannot be made, because {why}: run `make test-engine`"
        " as root on Debian or Ubuntu, which has what is missing installed or built",
        pytrace=False,
    )


def run(*command: str) -> str:
    """Run a command on this machine; return what it prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout
