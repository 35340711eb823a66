"""The setting `dockerHost: ssh://…` is all that a stack on another host needs.

The tests tell one story, in their order: the server is off, then on, then cut off.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from operate import answers, backup, restore, ssh_tunnel, verification
from operate.loss.measurement import measure
from operate.loss.result import Plan
from operate.running_stack import RunningStack
from review import github_runner
from tests.engine import docker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import SERVICES, Environment
from tests.engine.grafana import Grafana
from tests.engine.server import Server
from tests.engine.waiting import eventually


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server that is off."""
    made = Server(tmp_path_factory.mktemp("server"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", os.pathsep.join([str(made.programs), os.environ["PATH"]]))
        yield made
    made.remove()


@pytest.fixture(scope="module")
def planned(server: Server, make_environment: MakeEnvironment) -> Environment:
    """Make an environment for the server that was never up."""
    made = make_environment()
    made.configure(dockerHost=server.url, dockerRoot="/run/engine")
    made.configure(bindAddress="0.0.0.0")  # noqa: S104 - to be reached
    return made


@pytest.fixture(scope="module")
def running(server: Server, images: dict[str, str]) -> Server:
    """Switch the server on, with the images there and its host key unknown."""
    server.switch_on()
    server.load(*images.values())
    return server


@pytest.fixture(scope="module")
def remote(running: Server, planned: Environment) -> Environment:
    """Bring the environment up on the server, whose host key is known now."""
    running.learn_host_key()
    planned.up().succeeded()
    return planned


def _sentence(said: str) -> str:
    """Return the one line in which the program says what is wrong; Pulumi shows it repeatedly."""
    lines = {line.strip() for line in said.splitlines() if "nothing was changed" in line}
    [line] = {line[line.index("nothing was changed") :] for line in lines}
    return line


def _resources(environment: Environment) -> str:
    return environment.pulumi("stack", "--show-urns").succeeded().text


def test_a_preview_works_with_the_server_switched_off_and_never_calls_ssh(
    server: Server, planned: Environment
) -> None:
    text = planned.preview().succeeded().text
    assert all(f"docker:index:Container {service} create" in text for service in SERVICES), text
    assert server.connections() == []


def test_a_server_that_is_off_is_said_in_one_sentence_and_nothing_is_changed(
    server: Server, planned: Environment
) -> None:
    said = planned.up().failed()
    assert f"the Docker engine at {server.url} does not answer: see whether" in _sentence(said)
    assert f"`ssh root@{server.address} docker version` works" in _sentence(said)
    assert "docker:index" not in _resources(planned)


def test_an_unknown_host_key_is_one_sentence_with_the_command_that_adds_it_and_no_question(
    running: Server, planned: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = tmp_path / "window"
    window.write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\nexec sleep 60\n")
    window.chmod(0o755)
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("SSH_ASKPASS", str(window))
    said = planned.up().failed()
    assert not (tmp_path / "asked").exists()
    assert f"`ssh-keyscan {running.address} >> ~/.ssh/known_hosts`" in _sentence(said)
    assert "docker:index" not in _resources(planned)


def test_the_four_containers_are_healthy_there_and_none_is_here(
    running: Server, remote: Environment
) -> None:
    wanted = {remote.container(name) for name in SERVICES}
    eventually(lambda: running.healthy() == wanted, seconds=30, what="four healthy containers")
    assert docker.names("container", remote.prefix) == set()


def test_a_look_at_the_server_finds_nothing_to_change_and_asks_no_question(
    running: Server, remote: Environment
) -> None:
    remote.preview("--refresh", "--expect-no-changes").succeeded()
    assert "BatchMode=yes" in running.connections()[-1]


def test_a_job_on_github_gets_in_with_a_key_that_lies_in_no_file(
    running: Server, remote: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, home = tmp_path / "job", tmp_path / "home"
    home.mkdir()
    given = {
        github_runner.PASSPHRASE: remote.passphrase,
        github_runner.BACKEND: remote.backend,
        github_runner.KEY: running.user_key.read_text(),
        github_runner.KNOWN_HOSTS: running.known_hosts.read_text(),
        "GITHUB_ENV": str(job),
    }
    github_runner.ready(remote.name, given, home, remote.project)
    later = dict(line.split("=", 1) for line in job.read_text().splitlines())
    # An ssh with no key of its own, which knows the hosts that the job was given.
    ssh = tmp_path / "ssh"
    ssh.write_text(
        f"#!/bin/sh\nexec /usr/bin/ssh -F none -o UserKnownHostsFile={home}/.ssh/known_hosts"
        ' -o IdentityFile=none "$@"\n'
    )
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path), os.environ["PATH"]]))
    try:
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
        assert "Permission denied" in _docker_there(running).stderr
        for name, value in later.items():
            monkeypatch.setenv(name, value)
        assert _docker_there(running).stdout.strip()
        remote.preview("--refresh", "--expect-no-changes").succeeded()
    finally:
        subprocess.run(["ssh-agent", "-k"], env=os.environ | later, check=True, capture_output=True)


def _docker_there(server: Server) -> subprocess.CompletedProcess[str]:
    """Ask the server's engine for its version, as the user at this end does."""
    command = ["docker", "--host", server.url, "version", "--format", "{{.Server.Version}}"]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_grafana_answers_at_the_address_of_the_outputs(
    running: Server, remote: Environment
) -> None:
    url = remote.outputs()["grafana_url"]
    assert url == f"http://{running.address}:{remote.setting('grafana', 'port')}"
    grafana = Grafana(url, remote.password)
    assert grafana.source_is_healthy("prometheus")
    assert grafana.ask("/api/annotations?tags=deploy"), "the deploy left no mark"
    own = f'{{container="{remote.container("grafana")}"}}'
    eventually(lambda: grafana.lines(own), seconds=20, what="a line of a container there")


def test_grafana_answers_here_through_a_tunnel(running: Server, remote: Environment) -> None:
    port = remote.setting("grafana", "port")
    tunnel = ["ssh", "-N", "-L", f"{port}:localhost:{port}", f"root@{running.address}"]
    with subprocess.Popen(tunnel) as process:
        eventually(remote.grafana().accepts, seconds=10, what="Grafana at the tunnel's end")
        process.terminate()


def test_a_deploy_there_is_proved_from_here_through_a_tunnel(
    running: Server, remote: Environment
) -> None:
    # As the outputs have them where the ports are bound to loopback.
    urls = {
        name: f"http://localhost:{remote.setting(name, 'port')}"
        for name in ("grafana", "prometheus")
    }
    with ssh_tunnel.reach(running.url, urls) as reached:
        assert urls["grafana"] != reached["grafana"]
        stack = RunningStack(
            reached["grafana"], reached["prometheus"], remote.password, remote.prefix, running.url
        )
        results = verification.check(stack, settings=remote.settings())
        lost = measure(stack, remote.prefix, Plan.parse("3s", "20"))
    assert all(result.passed for result in results), verification.table(results)
    assert (lost.printed, lost.on_disk, lost.found) == (60, 60, 60)
    assert remote.container("loss") not in running.docker("ps", "--all", "--format={{.Names}}")


def test_a_backup_there_is_made_and_given_back_from_here(
    running: Server, remote: Environment, tmp_path: Path
) -> None:
    file, settings, at = tmp_path / "backup.tar.zst", remote.config(), time.time() - 2
    with file.open("wb") as output:
        backup.write(running.url, remote.name, settings, output)
    grafana = Grafana(remote.outputs()["grafana_url"], remote.password)
    before = answers.ask(grafana, at)
    about = restore.checked(file)
    restore.fill(running.url, remote.name, settings, file, about, replace=True)
    assert answers.differences(before, answers.ask(grafana, at)) == []


def test_a_change_is_previewed_with_the_servers_cable_pulled(
    running: Server, remote: Environment
) -> None:
    remote.configure(prometheus={"scrapeInterval": "7s"})
    before = running.connections()
    running.cut_off()
    try:
        text = remote.preview("--diff").succeeded().text
    finally:
        running.connect_again()
    assert re.search(r'scrape_interval\s*: "1s" => "7s"', text)
    assert running.connections() == before


def test_destroy_takes_all_away_from_the_server(running: Server, remote: Environment) -> None:
    remote.pulumi("destroy", "--yes").succeeded()
    left = [
        running.docker(kind, "ls", "--quiet", "--filter", f"name={remote.prefix}")
        for kind in ("container", "volume", "network")
    ]
    assert left == ["", "", ""]
