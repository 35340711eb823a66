#!/usr/bin/env python3
"""Build and run the example application with nothing but Docker's command line.

compose.yaml describes the same containers for people who have Docker Compose. This runs where
only the engine is, several times side by side, and builds on the lab's images where no registry
answers.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence
from hashlib import sha256

from engine import ExampleError, docker, ids
from images import BACKEND, FRONTEND, PROXY, TRAFFIC, Service, build

PROJECT_LABEL = "com.docker.compose.project"
LASTING = (BACKEND, FRONTEND, PROXY)
SERVICE_LABEL = "com.docker.compose.service"
MADE_OF_LABEL = "monitoring-example.made-of"
HEALTHY_WITHIN_SECONDS = 60

# --init: a Node that is still loading has no handler for SIGTERM yet, and process 1 is not killed
# by a signal that it does not handle: it would take `docker stop` its full 10 s.
CONFINED = (
    "--init", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--read-only", "--tmpfs=/tmp",
    "--pids-limit=100", "--log-driver=json-file", "--log-opt=max-size=10m", "--log-opt=max-file=3",
)  # fmt: skip


def up(project: str, monitoring_network: str, port: int) -> None:
    """Start the application, anew where something of it has changed; wait until it is healthy.

    `project` is the first part of the containers' names. Only the backend joins
    `monitoring_network`, under the name `backend`. The proxy listens on 127.0.0.1:`port`.
    """
    network = ids("network", f"--filter=name=^{monitoring_network}$")
    if not network:
        raise ExampleError(
            f"There is no network {monitoring_network}: bring the monitoring stack up first, or "
            f"run `docker network create {monitoring_network}` to try the application alone."
        )
    names = [f"{project}-{service.name}" for service in LASTING]
    images = docker("image", "inspect", "--format={{.Id}}", *(each.image for each in LASTING))
    made_of = sha256(f"{images} {network} {port}".encode()).hexdigest()[:16]
    label = f"label={MADE_OF_LABEL}={made_of}"
    if len(ids("container", f"--filter={label}", f"--filter=name=^{project}-")) == len(names):
        _wait_until_healthy(names)
        return
    down(project)
    docker("network", "create", f"--label={PROJECT_LABEL}={project}", _network(project))
    _create(BACKEND, project, f"--{label}")
    alias = f"--alias={BACKEND.name}"
    docker("network", "connect", alias, monitoring_network, f"{project}-{BACKEND.name}")
    _create(FRONTEND, project, f"--{label}")
    _create(PROXY, project, f"--{label}", f"--publish=127.0.0.1:{port}:8080")
    docker("start", *names)
    _wait_until_healthy(names)


def _network(project: str) -> str:
    return f"{project}_default"


def _create(service: Service, project: str, *options: str, command: Sequence[str] = ()) -> None:
    docker(
        "create", "--pull=never", f"--name={project}-{service.name}",
        f"--label={PROJECT_LABEL}={project}", f"--label={SERVICE_LABEL}={service.name}",
        f"--network={_network(project)}", f"--network-alias={service.name}",
        *CONFINED, f"--memory={service.memory}", f"--memory-swap={service.memory}",
        "--restart=unless-stopped", *options, service.image, *command,
    )  # fmt: skip


def _wait_until_healthy(names: Sequence[str]) -> None:
    deadline = time.monotonic() + HEALTHY_WITHIN_SECONDS
    while True:
        states = docker("inspect", "--format={{.State.Health.Status}}", *names).split()
        waiting = [name for name, state in zip(names, states, strict=True) if state != "healthy"]
        if not waiting:
            return
        if time.monotonic() > deadline:
            logs = docker("logs", "--tail=20", waiting[0])
            raise ExampleError(f"Not healthy: {', '.join(waiting)}. The first one's log:\n{logs}")
        time.sleep(0.2)


def down(project: str) -> None:
    """Stop and remove all of the application; nothing to do is fine."""
    containers = ids("container", "--all", f"--filter=label={PROJECT_LABEL}={project}")
    if containers:
        docker("stop", *containers)
        docker("rm", "--force", *containers)
    for network in ids("network", f"--filter=name=^{_network(project)}$"):
        docker("network", "rm", network)


def start_traffic(project: str, rate: float, seed: int) -> None:
    """Keep making `rate` requests per second in a container, `<project>-traffic`, until `down`."""
    filters = (f"label={PROJECT_LABEL}={project}", f"label={SERVICE_LABEL}={TRAFFIC.name}")
    for earlier in ids("container", "--all", *(f"--filter={filter_}" for filter_ in filters)):
        docker("rm", "--force", earlier)
    _create(TRAFFIC, project, command=(f"--rate={rate}", f"--seed={seed}"))
    docker("start", f"{project}-{TRAFFIC.name}")


def traffic(project: str, rate: float, duration: float, seed: int = 1) -> str:
    """Make `rate` requests per second for `duration` seconds; return the counts as JSON.

    traffic/traffic.mjs tells the mix. `backend` in the result lists what the backend's request
    counter has grown by: `[{"method", "route", "status_code", "count"}, ...]`.
    """
    options = (f"--rate={rate}", f"--duration={duration}", f"--seed={seed}")
    network = f"--network={_network(project)}"
    return docker("run", "--rm", "--pull=never", network, *CONFINED, TRAFFIC.image, *options)


def main() -> None:
    """Do what the command line asks for."""
    options = _parser().parse_args()
    try:
        if options.verb == "build":
            build()
        elif options.verb == "up":
            up(options.project, options.network, options.port)
            print(f"http://127.0.0.1:{options.port}")
        elif options.verb == "down":
            down(options.project)
        elif options.duration is None:
            start_traffic(options.project, options.rate, options.seed)
        else:
            print(traffic(options.project, options.rate, options.duration, options.seed))
    except ExampleError as error:
        sys.exit(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="The example application, run by plain Docker.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("build", help="build the images; NODE_IMAGE, NGINX_IMAGE name other bases")
    verb_up = verbs.add_parser("up", help="start, and wait until all is healthy")
    verb_down = verbs.add_parser("down", help="stop and remove")
    verb_traffic = verbs.add_parser("traffic", help="make requests, in the background or counted")
    for verb in (verb_up, verb_down, verb_traffic):
        verb.add_argument("--project", default="example", help="first part of the names")
    network = os.environ.get("MONITORING_NETWORK", "monitoring-dev")
    verb_up.add_argument("--network", default=network, help="the network Prometheus is on")
    verb_up.add_argument("--port", type=int, default=8080, help="of the proxy, on 127.0.0.1")
    verb_traffic.add_argument("--rate", type=float, default=5, help="requests per second")
    verb_traffic.add_argument(
        "--seed", type=int, default=1, help="the same makes the same requests"
    )
    help_duration = "seconds; then print the counts as JSON. Without it: in a container until down"
    verb_traffic.add_argument("--duration", type=float, help=help_duration)
    return parser


if __name__ == "__main__":
    main()
