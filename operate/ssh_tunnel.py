"""The way to what listens on the loopback of a Docker host behind ssh."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from bootstrap.progress import CommandError
from stack.docker import ssh
from stack.settings import docker_host

_LOGIN_SECONDS = 20


@contextmanager
def reach(address: str, urls: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield the addresses by which this machine reaches URLs of the Docker host at `address`.

    They are the same, unless the host is behind ssh: then they lead through a tunnel that is there
    for as long as the block lasts. Raises `CommandError` where ssh does not get through.
    """
    if not docker_host.is_ssh(address):
        yield dict(urls)
        return
    ports = {name: _free_port() for name in urls}
    forwards = [f"-L127.0.0.1:{ports[name]}:{urlsplit(url).netloc}" for name, url in urls.items()]
    options = ("-oBatchMode=yes", "-oExitOnForwardFailure=yes", "-oConnectTimeout=10")
    command = ("ssh", "-N", *options, *forwards, *ssh.login(address))
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as tunnel:
        try:
            _await(tunnel, address, next(iter(ports.values())))
            yield {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        finally:
            tunnel.terminate()


def _await(tunnel: subprocess.Popen[str], address: str, port: int) -> None:
    """Wait until ssh listens, which it does once it is logged in."""
    deadline = time.monotonic() + _LOGIN_SECONDS
    while not _listens(port):
        if tunnel.poll() is not None or time.monotonic() > deadline:
            tunnel.terminate()
            said = tunnel.stderr.read() if tunnel.stderr else ""
            raise CommandError(
                f"no tunnel to {address}: {ssh.complaint(said)}: {ssh.remedy(address, said)}"
            )
        time.sleep(0.1)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
