"""With the proxy of the engine's socket, the collector reads logs, and can ask for nothing else."""

from __future__ import annotations

import os
import signal

import pytest

from tests.engine import docker, talker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import Environment
from tests.engine.waiting import eventually

_LINES = 10_000
_PRINT = (
    "n=0; while [ $n -lt {lines} ]; do m=$((n+500)); seq $n $((m-1)) | sed 's/^/line /';"
    " n=$m; sleep 0.25; done; sleep 600"
)
# Asks through the collector's own socket, with the one program in its image that can.
_ASK = r"""
use IO::Socket::UNIX;
my $socket = IO::Socket::UNIX->new(Peer => "/run/engine/docker.sock") or die $!;
print $socket "$ARGV[0] HTTP/1.1\r\nHost: docker\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
print((split / /, scalar readline $socket)[1]);
"""
_MANY = 200
_STREAMS = r"""
use IO::Socket::UNIX;
for (1 .. $ARGV[1]) {
    my $socket = IO::Socket::UNIX->new(Peer => "/run/engine/docker.sock") or die $!;
    print $socket "GET /v1.41/containers/$ARGV[0]/logs?follow=1&stdout=1&tail=0 HTTP/1.1\r\n",
        "Host: docker\r\n\r\n";
    $socket->flush;
    readline $socket;
    push @open, $socket;
}
sleep 2;
"""


@pytest.fixture(scope="module")
def environment(make_environment: MakeEnvironment, images: dict[str, str]) -> Environment:
    """Bring up an environment with the proxy."""
    made = make_environment()
    made.configure(socketproxy={"enabled": True, "image": images["socketproxy"]})
    made.up().succeeded()
    return made


def test_the_engines_socket_is_in_the_proxy_alone(environment: Environment) -> None:
    names = docker.names("container", environment.prefix)
    sources = {
        name: [mount["Source"] for mount in docker.inspect(name)["Mounts"]] for name in names
    }
    holders = [name for name in names if "/var/run/docker.sock" in sources[name]]
    assert holders == [environment.container("socketproxy")]
    [found] = docker.inspect(environment.container("socketproxy"))["NetworkSettings"]["Networks"]
    assert found == environment.network("internal")
    environment.preview("--refresh", "--expect-no-changes").succeeded()


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /v1.41/containers/json", "200"),
        ("GET /v1.41/containers/{id}/json", "200"),
        ("GET /v1.41/networks", "200"),
        ("HEAD /_ping", "200"),
        ("POST /v1.41/containers/create", "403"),
        ("POST /v1.41/containers/{id}/exec", "403"),
        ("POST /v1.41/containers/{id}/stop", "403"),
        ("DELETE /v1.41/containers/{id}", "403"),
        ("PUT /v1.41/containers/{id}/archive?path=/", "403"),
        ("GET /v1.41/containers/{id}/archive?path=/etc", "403"),
        ("GET /v1.41/containers/{id}/attach/ws", "403"),
        ("GET /v1.41/containers/{id}/../../info", "403"),
        ("GET /v1.41/containers/%2e%2e/info", "403"),
        ("GET /v1.41/info", "403"),
        ("GET /v1.41/secrets", "403"),
        ("GET http://docker/v1.41/images/json", "403"),
    ],
)
def test_from_within_the_collector_only_what_reads_logs_is_answered(
    request_line: str, status: str, environment: Environment
) -> None:
    collector = environment.container("promtail")
    line = request_line.format(id=docker.inspect(environment.container("loki"))["Id"])
    assert docker.docker("exec", collector, "perl", "-e", _ASK, line) == status
    assert docker.inspect(environment.container("loki"))["State"]["Running"]


def test_what_is_refused_is_counted_and_whether_the_engine_answers(
    environment: Environment,
) -> None:
    grafana, collector = environment.grafana(), environment.container("promtail")
    docker.docker("exec", collector, "perl", "-e", _ASK, "POST /v1.41/build")
    refused = 'haproxy_frontend_requests_denied_total{proxy="collector"} > 0'
    eventually(lambda: grafana.metric(refused), seconds=10, what="the count")
    assert grafana.metric('haproxy_backend_active_servers{proxy="engine"}') == 1


def test_the_streams_of_a_collector_that_has_gone_are_closed(environment: Environment) -> None:
    grafana, collector = environment.grafana(), environment.container("promtail")
    sessions = 'haproxy_backend_{}_sessions{{proxy="engine"}}'
    # One that prints nothing: nothing is sent that would fail.
    silent = docker.inspect(environment.container("grafana"))["Id"]
    docker.docker("exec", collector, "perl", "-e", _STREAMS, silent, str(_MANY))

    def seen() -> bool:
        return (grafana.metric(sessions.format("max")) or 0) >= _MANY

    eventually(seen, seconds=10, what="open streams")

    def closed() -> bool:
        return (grafana.metric(sessions.format("current")) or 0) < _MANY

    eventually(closed, seconds=20, what="closed streams")


def test_no_line_is_missing_after_the_proxy_was_killed_while_they_were_printed(
    environment: Environment,
) -> None:
    name, proxy = f"{environment.prefix}-printing", environment.container("socketproxy")
    talker.start(name, _PRINT.format(lines=_LINES))
    grafana = environment.grafana()
    every = f'{{container="{name}"}}'
    eventually(lambda: grafana.lines(every), seconds=20, what="the first lines")

    os.kill(docker.inspect(proxy)["State"]["Pid"], signal.SIGKILL)

    def arrived() -> bool:
        found = {
            line.text
            for digit in range(10)
            for line in grafana.lines(f"{every} |~ `^line [0-9]*{digit}$`")
        }
        assert len(found) >= _LINES, f"{len(found)} lines"
        return found == {f"line {number}" for number in range(_LINES)}

    eventually(arrived, seconds=120, what="each line")
    assert docker.inspect(proxy)["RestartCount"] == 1
    lost = f'sum(promtail_custom_lines_lost_total{{container="{name}"}})'
    assert grafana.metric(lost) == 0
