"""A Docker host on which things break: programs are killed, cables pulled, the engine restarted."""

from __future__ import annotations

import re
from pathlib import Path

from tests.engine.server import Server, run
from tests.engine.waiting import eventually


class Host(Server):
    """A host of the test's own, of which the rest of this machine notices nothing.

    `folder` has one for the engine: in memory, a container's memory limit would hold its files.
    """

    def __init__(self, folder: Path, engine: Path) -> None:
        (folder / "engine").mkdir()
        super().__init__(folder, engine)

    def restart_engine(self) -> None:
        """Stop the engine, which stops the containers, and start it; wait until it answers."""
        before = self._engines_started()
        self.next_line()
        eventually(lambda: self._engines_started() > before, seconds=120, what="the next engine")
        eventually(lambda: self.docker("version"), seconds=60, what="an answer of its engine")

    def kill(self, container: str) -> None:
        """Kill a container's first process, and wait until the engine has started it again.

        As the kernel kills: `docker kill` counts as a stop by hand.
        """
        before = self._told(container, "State.StartedAt")
        self._inside("kill", "-KILL", self._told(container, "State.Pid"))

        def is_again() -> bool:
            return self._told(container, "State.StartedAt") != before

        eventually(is_again, seconds=60, what=f"{container} started again")

    def link_of(self, container: str) -> str:
        """Return the host's end of the cable that a container in one network hangs on."""
        enter = ("nsenter", "--target", self._told(container, "State.Pid"), "--net")
        of_container = self._inside(*enter, "ip", "-oneline", "link")
        [number] = re.findall(r"eth0@if(\d+)", of_container)
        links = self._inside("ip", "-oneline", "link")
        [name] = re.findall(rf"^{number}: (\w+)", links, re.MULTILINE)
        return str(name)

    def switch_link(self, name: str, state: str) -> None:
        """Set such a cable `up` or `down`: then nothing passes, and nobody is told."""
        self._inside("ip", "link", "set", name, state)

    def log_files(self, container: str) -> list[Path]:
        """Return the files that the engine has of a container's lines, the newest first."""
        number = self._told(container, "Id")
        newest = self.folder / "engine" / "containers" / number / f"{number}-json.log"
        return [newest, *newest.parent.glob(f"{newest.name}.*")]

    def _told(self, container: str, field: str) -> str:
        return self.docker("container", "inspect", "--format", f"{{{{.{field}}}}}", container)

    def _inside(self, *command: str) -> str:
        """Run a command in the host's namespaces."""
        unshare = self.process.pid
        first = Path(f"/proc/{unshare}/task/{unshare}/children").read_text().strip()
        return run("nsenter", "--target", first, "--net", "--pid", "--mount", *command)

    def _engines_started(self) -> int:
        return (self.folder / "dockerd.log").read_text().count("API listen on")
