"""The proxy of the engine's socket: HAProxy, with an allow list of what the collector asks for."""

from __future__ import annotations

from stack.configs import read_text
from stack.service import PROXY_FOLDER, Bind, Entry, File, Health, Service
from stack.settings.model import Settings

PORT = 8404
_CONFIG = "/usr/local/etc/haproxy/haproxy.cfg"


def describe(settings: Settings) -> Service:
    """Describe the proxy.

    It runs as root because the engine's socket belongs to root and a group whose number differs
    between hosts. The collector reaches it by a socket in a folder that nobody else mounts.
    """
    own = settings.socketproxy
    return Service(
        name="socketproxy",
        image=own.image,
        user="0:0",
        entrypoint=("haproxy",),
        command=("-db", "-f", _CONFIG),
        files=(File(_CONFIG, read_text("socketproxy/haproxy.cfg")),),
        shares=PROXY_FOLDER,
        health=Health(("wget", "-q", "--spider", f"http://127.0.0.1:{PORT}/ready")),
        memory=own.memory,
        stop_seconds=10,
        binds=(Bind(settings.docker_socket, "/var/run/docker.sock"),),
        # As the collector does not.
        gives_way=False,
    )


ENTRY = Entry(
    "socketproxy",
    describe,
    absence="about 10 s without new log lines; they are read after it, and none is lost",
)
