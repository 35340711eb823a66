"""The curator: keeps Loki within its part of the disk, of which Loki itself knows nothing."""

from __future__ import annotations

from stack.configs import read_text
from stack.service import Entry, File, Health, Service
from stack.settings.model import Settings

PORT = 9100
_FOLDER = "/loki"
_SCRIPT = "/etc/curator/curator.pl"
# Promtail's image has bash, but neither curl nor wget.
_ANSWERS = (
    f"exec 3<>/dev/tcp/localhost/{PORT}"
    r" && printf 'GET /metrics HTTP/1.0\r\n\r\n' >&3 && grep -q '200 OK' <&3"
)


def describe(settings: Settings) -> Service:
    """Describe the curator. It has the user of Loki, in whose volume it writes a file of limits.

    It comes after Loki, whose image gives a new volume its content and owner.
    """
    own, size = settings.curator, settings.loki.retention_size
    part = size.bytes if size else 0
    longest = f"{settings.loki.retention.seconds:.0f}"
    return Service(
        name="curator",
        image=own.image or settings.promtail.image,
        user="10001:10001",
        entrypoint=("perl", _SCRIPT),
        command=(_FOLDER, str(part), longest, str(PORT)),
        files=(File(_SCRIPT, read_text("curator/curator.pl")),),
        volumes_of={"loki": _FOLDER},
        health=Health(("bash", "-c", _ANSWERS)),
        memory=own.memory,
        stop_seconds=10,
        after=("loki",),
    )


ENTRY = Entry(
    "curator",
    describe,
    absence="about 5 s without a look at what Loki's files take; its limits stay",
)
