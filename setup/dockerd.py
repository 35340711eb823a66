"""Starts the Docker engine that is installed on this machine."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from bootstrap.programs import ask
from bootstrap.progress import CommandError, note
from stack.settings.docker_host import LOCAL

PID_FILE = Path("/var/run/docker.pid")
CONTAINERD_PID_FILE = Path("/var/run/docker/containerd/containerd.pid")
LOG = Path("/var/log/dockerd.log")
START_SECONDS = 60.0


def start() -> None:
    """Start the installed engine, with systemd where it runs. Raises `CommandError`."""
    if ask("docker", "version").ok:
        return  # installing the package has started it
    if Path("/run/systemd/system").is_dir():
        note("starting the engine: systemctl start docker")
        answer = ask("systemctl", "start", "docker", seconds=120)
        if not answer.ok:
            raise CommandError(f"systemctl start docker failed: {answer.complaint}")
        return
    note(f"starting the engine: dockerd (its log: {LOG})")
    remove_if_stale(CONTAINERD_PID_FILE)
    start_by_hand(["dockerd"], LOCAL, LOG, PID_FILE)


def start_by_hand(command: Sequence[str], host: str, log: Path, pid_file: Path) -> None:
    """Start dockerd in a session of its own, so that it outlives this process, and wait for it.

    One that runs already, because it was started a moment ago, is only waited for.
    """
    remove_if_stale(pid_file)
    daemon = None
    if not pid_file.exists():
        with log.open("ab") as output:
            daemon = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
    deadline = time.monotonic() + START_SECONDS
    while not ask("docker", "-H", host, "version", seconds=10).ok:
        ended = daemon is not None and daemon.poll() is not None
        if ended or time.monotonic() > deadline:
            state = "ended at once" if ended else f"did not answer within {START_SECONDS:.0f} s"
            lines = log.read_text(errors="replace").splitlines() if log.exists() else []
            last = "\n    ".join(lines[-5:])
            raise CommandError(f"dockerd {state}; the end of {log} says why:\n    {last}")
        time.sleep(0.3)


def remove_if_stale(pid_file: Path, processes: Path = Path("/proc")) -> None:
    """Remove the pid file of a daemon that is dead.

    One that was killed leaves its file behind; once another process has got that number, the
    next dockerd takes it for itself and refuses to start.
    """
    try:
        number = pid_file.read_text().strip()
    except OSError:
        return
    try:
        name = (processes / number / "comm").read_text().strip()
    except OSError:
        name = ""
    if name not in ("dockerd", "containerd"):
        note(f"removing {pid_file}, which a dead daemon left behind")
        pid_file.unlink()
