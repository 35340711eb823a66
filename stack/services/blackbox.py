"""The blackbox exporter: asks for pages over HTTP, and Prometheus stores whether they answer."""

from __future__ import annotations

from stack.configs import dump_yaml, load_yaml
from stack.service import Entry, File, Health, Service, go_memory_limit
from stack.settings.model import Network, Settings

PORT = 9115
_CONFIG = "/etc/blackbox_exporter/config.yml"


def describe(settings: Settings) -> Service:
    """Describe the blackbox exporter. The user is the image's `nobody`.

    It is in the application's networks to reach its pages, and in the internal one, where
    Prometheus reaches it.
    """
    own = settings.blackbox
    return Service(
        name="blackbox",
        image=own.image,
        user="65534:65534",
        command=(f"--config.file={_CONFIG}",),
        files=(File(_CONFIG, dump_yaml(load_yaml("blackbox/blackbox.yml"))),),
        health=Health(("wget", "-q", "--spider", f"http://localhost:{PORT}/-/healthy")),
        memory=own.memory,
        stop_seconds=30,
        environment=go_memory_limit(own.memory),
        own_networks=(Network.APPLICATION, Network.INTERNAL),
        networks=settings.app_networks,
        host_gateway=any("//host.docker.internal" in page for page in own.probes),
    )


ENTRY = Entry(
    "blackbox",
    describe,
    absence="about 5 s without probes of pages",
)
