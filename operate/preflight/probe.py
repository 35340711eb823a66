"""What only a container on the engine's host sees: its disk, and whether it may use the socket.

Each look is a throw-away container of the collector's image, where the engine has that already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stack.docker import engine
from stack.docker.preflight import Finding
from stack.service import ENGINES_CONTAINERS, Service
from stack.settings import disk as disk_budget
from stack.settings.model import Settings

_SECONDS = 15
# A large volume of many files would take minutes.
_DISK = r"""
df -Pk / | tail -n 1
for volume in /volumes/*; do [ -d "$volume" ] && timeout 5 du -sk "$volume"; done; true
"""
# The settings by which volumes have a limit.
_LIMITS = {
    "prometheus": "prometheus.retentionSize",
    "promtail": "promtail.buffer",
    "loki": "loki.retentionSize",
}
_FULL_PERCENT = 90  # `ingester.wal.disk_full_threshold` in configs/loki/loki.yml
# Promtail's image has perl, and no other program that opens such a socket.
_PING = r"""
use IO::Socket::UNIX;
my $socket = IO::Socket::UNIX->new(Peer => $ARGV[0]) or do { print "$!"; exit };
print $socket "GET /_ping HTTP/1.0\r\n\r\n";
print scalar readline $socket;
"""


def collector(services: tuple[Service, ...]) -> Service | None:
    """Return the service that reads the engine's log files."""
    return next(
        (
            service
            for service in services
            if any(bind.path == ENGINES_CONTAINERS for bind in service.binds)
        ),
        None,
    )


def disk(address: str, settings: Settings, image: str) -> Iterator[Finding]:
    """Compare the disk's room with what the settings allow the stack to take."""
    names = [f"{settings.prefix}-{service}" for service in _volumes(settings)]
    present = engine.ask(address, "volume", "ls", "--quiet")
    mounts = [
        f"--mount=type=volume,source={name},target=/volumes/{name},readonly"
        for name in names
        if name in present
    ]
    # A capability, since the files belong to the services' users.
    run = (*_run("0:0"), "--cap-add", "DAC_READ_SEARCH", *mounts, "--entrypoint", "bash", image)
    answer = engine.answered(address, *run, "-c", _DISK, seconds=_SECONDS)
    if answer.returncode:
        yield Finding(
            f"The engine's disk cannot be measured: {answer.stderr.strip()}",
            "Nobody knows whether the data has room.",
            "Look on the engine's host: df -h $(docker info -f '{{.DockerRootDir}}')",
        )
    else:
        yield from judge_disk(answer.stdout, settings)


def judge_disk(text: str, settings: Settings) -> Iterator[Finding]:
    """Judge what df and du printed: the disk, and each volume that has a limit."""
    [line, *volumes] = [line.split() for line in text.splitlines()]
    free, percent = int(line[3]) * 1024, int(line[4].rstrip("%"))
    used = {line[1].rpartition("-")[2]: int(line[0]) * 1024 for line in volumes}
    allowed = _volumes(settings)
    wanted = sum(max(0, most - used.get(name, 0)) for name, most in allowed.items())
    if percent >= _FULL_PERCENT:
        yield Finding(
            f"The engine's disk is {percent} % full.",
            f"From {_FULL_PERCENT} % on, Loki refuses every line.",
            "Make room: `docker system df` shows what images, containers and volumes take.",
        )
    if free < wanted:
        limits = ", ".join(_LIMITS[name] for name in allowed)
        # Of a budget a tenth is nobody's.
        less = (
            f"monitoring:disk {max(4, int((free + sum(used.values())) / 0.9 / 2**30))}GB"
            if settings.disk
            else f"--path monitoring:prometheus.retentionSize {max(1, free // 2**31)}GB"
        )
        unlimited = "; what Loki stores has no limit by size and comes on top"
        yield Finding(
            f"The engine's disk has {_gigabytes(free)} free, and the stack may take"
            f" {_gigabytes(wanted)} more ({limits}){'' if 'loki' in allowed else unlimited}.",
            "On a full disk, Prometheus and Loki store nothing.",
            f"Make room, or give them less: pulumi config set {less}",
        )


def _volumes(settings: Settings) -> dict[str, int]:
    """Return how many bytes each service's volume may take, of those that have a limit."""
    return {name: size for name, size in disk_budget.sizes(settings).items() if name in _LIMITS}


def socket(
    address: str, settings: Settings, service: Service, info: Mapping[str, Any]
) -> Iterator[Finding]:
    """Let a container with the collector's rights speak to the engine through its socket."""
    path = settings.docker_socket
    bind = f"type=bind,source={path},target={path},readonly"
    run = (*_run(service.user), "--mount", bind, "--entrypoint", "perl", service.image)
    answer = engine.answered(address, *run, "-e", _PING, path, seconds=_SECONDS)
    if "200 OK" not in answer.stdout:
        # Docker's own words end with a line that only points to its help.
        said = answer.stdout or next(iter(answer.stderr.strip().splitlines()), "nothing")
        yield unusable_socket(path, said, info["SecurityOptions"] or ())


def unusable_socket(path: str, said: str, options: list[str] | tuple[str, ...]) -> Finding:
    """Say why the collector cannot use the socket, as far as the engine's own options tell."""
    names = {option.partition(",")[0].removeprefix("name=") for option in options}
    remedy = (
        "Set the path of the socket on the engine's own host: pulumi config set"
        " monitoring:dockerSocket /path/to/docker.sock"
    )
    if "rootless" in names:
        remedy = (
            "Rootless Docker's socket is in its user's folder; with that user's number: pulumi"
            " config set monitoring:dockerSocket /run/user/1000/docker.sock"
        )
    elif "userns" in names:
        remedy = (
            "The engine maps root in containers to another user (userns-remap), who may not open"
            " the socket. Let that user in, with its first number in /etc/subuid, at each start of"
            f" the engine (ExecStartPost): setfacl -m u:100000:rw {path}"
        )
    elif "selinux" in names and "denied" in said:
        remedy = (
            "SELinux keeps containers from the socket; as root on the engine's host: ausearch -m"
            " avc -ts recent | audit2allow -M monitoring && semodule -i monitoring.pp"
        )
    return Finding(
        f"A container like the collector cannot use the engine's socket {path}: {said}",
        "No container's log can be read.",
        remedy,
    )


def _run(user: str) -> tuple[str, ...]:
    alone = ("--network", "none", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
    return ("run", "--rm", *alone, "--user", user)


def _gigabytes(size: float) -> str:
    return f"{size / 2**30:.1f} GB"
