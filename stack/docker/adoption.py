"""Looks into a volume of Grafana's that was there before the stack, before anything is declared.

start.sh refuses such a volume too, but then a container has been replaced already, and Pulumi waits
for one that never gets ready.
"""

from __future__ import annotations

import shutil

from stack.docker import engine

_COMPLETE = "[ ! -s /volume/grafana.db ] || [ -s /volume/secret_key ]"
_NO = 1  # the shell's answer; docker's own failures have other codes


def check(address: str, prefix: str, image: str) -> None:
    """Check that Grafana's volume has no database whose key is missing.

    Raises EngineError with the remedy. Not looked at are the volume of a container that is there
    already, and any where the engine does not have the image yet.
    """
    name = f"{prefix}-grafana"
    if not shutil.which("docker"):
        return
    if engine.ask(address, "ps", "--all", "--quiet", "--filter", f"name=^{name}$"):
        return
    if name not in engine.ask(address, "volume", "ls", "--quiet", "--filter", f"name={name}"):
        return
    if not engine.ask(address, "image", "ls", "--quiet", image):
        return
    inside = ("--network", "none", "--user", "472:0", "--volume", f"{name}:/volume:ro")
    looking = ("run", "--rm", *inside, "--entrypoint", "sh", image, "-c", _COMPLETE)
    if engine.answered(address, *looking).returncode == _NO:
        raise engine.EngineError(_incomplete(name, image))


def _incomplete(name: str, image: str) -> str:
    write = "umask 077; cat >/volume/secret_key"
    return (
        f"nothing was changed: the volume {name} holds a database of Grafana's without the key that"
        " its stored secrets are encrypted with. With another key they could not be read any more."
        "\n  Put the old Grafana's key there (`secret_key` in its grafana.ini):"
        f"\n  printf %s 'THE-KEY' | docker run --rm --interactive --network none --user 472:0"
        f" --volume {name}:/volume --entrypoint sh {image} -c '{write}'"
        "\n  Where none was set, it is Grafana's default, SW2YcwTIb9zpOOhoPsMm."
    )
