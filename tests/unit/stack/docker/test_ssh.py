"""What is said of a Docker host behind ssh that does not answer, and which run asks it."""

from __future__ import annotations

import os

import pytest

from bootstrap.progress import CommandError
from setup import docker_engine
from stack.docker import preflight, ssh
from stack.settings import docker_host, formats, loading

PASSWORD = {"grafanaAdminPassword": "correct horse"}
# What `docker --host ssh://…` writes, from real runs; ssh's own words come last.
_SAID = (
    "error during connect: command [ssh -T -- server docker system dial-stdio] has exited with exit"
    " status 255, make sure the URL is valid: stderr={}\n"
)


@pytest.mark.parametrize(
    ("said", "way_out"),
    [
        ("Host key verification failed.", "`ssh-keyscan server >> ~/.ssh/known_hosts`"),
        (
            "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed.",
            "`ssh-keygen -R server`",
        ),
        ("deploy@server: Permission denied (publickey).", "`ssh-copy-id deploy@server`"),
        ("bash: line 1: docker: command not found", "install Docker on the server"),
        ("ssh: connect to host server port 22: Connection refused", "`ssh deploy@server docker"),
        ("ssh: Could not resolve hostname server: Name or service not known", "dockerHost"),
    ],
)
def test_each_failure_has_its_own_remedy(said: str, way_out: str) -> None:
    assert way_out in ssh.remedy("ssh://deploy@server", _SAID.format(said))
    assert ssh.complaint(_SAID.format(said)) == said.splitlines()[-1]


def test_an_engine_that_says_nothing_is_told_with_its_address_and_the_way_to_look() -> None:
    assert ssh.unreachable("ssh://server", "") == (
        "the Docker engine at ssh://server does not answer: see whether `ssh server docker version`"
        " works, and point monitoring:dockerHost or $DOCKER_HOST to the right server. It said:"
        " nothing"
    )


def test_an_engine_that_is_down_behind_a_working_ssh_is_told_from_an_ssh_that_fails() -> None:
    said = "Cannot connect to the Docker daemon at http://docker.example.com. Is it running?"
    assert "ssh works" in ssh.remedy("ssh://deploy@server", said)


def test_a_port_of_its_own_is_in_the_commands() -> None:
    unknown = ssh.remedy("ssh://deploy@server:2222", "Host key verification failed.")
    assert "`ssh-keyscan -p 2222 server >>" in unknown
    assert "-F '[server]:2222'" in unknown
    assert "`ssh -p 2222 deploy@server docker" in ssh.remedy("ssh://deploy@server:2222", "?")


@pytest.mark.parametrize(
    "address",
    [
        "ssh://-oProxyCommand=touch${IFS}/tmp/x",
        "ssh://-oProxyCommand=x@server",
        "ssh://deploy@-oProxyCommand=x",
        "ssh://-l@server",
        "ssh://%2DoProxyCommand=x@server",
        "ssh://deploy@server/$(id)",
        "ssh://deploy:password@server",
        "ssh://server:65536",
        "ssh://",
    ],
)
def test_an_address_that_ssh_would_take_for_an_option_is_refused_everywhere(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the format says what it must be
        formats.DOCKER_HOST.parse(address)
    with pytest.raises(CommandError, match=r"monitoring:dockerHost is 'ssh://"):
        docker_engine.address(address)
    monkeypatch.setenv("DOCKER_HOST", address)
    with pytest.raises(CommandError, match=r"\$DOCKER_HOST is 'ssh://"):
        docker_engine.address(None)
    with pytest.raises(docker_host.AddressError, match=r"\$DOCKER_HOST is 'ssh://"):
        loading.parse("dev", PASSWORD, is_secret=lambda _: True, environment=os.environ)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "unix:///var/run/docker.sock",
        "tcp://10.0.0.5:2376",
        "ssh://server",
        "ssh://deploy@server.example.com:2222",
        "ssh://de-ploy.x@prod-1/run/user/1000/docker.sock",
        "ssh://root@[fe80::1]:22",
    ],
)
def test_an_address_of_an_engine_is_taken_as_it_is(address: str) -> None:
    assert formats.DOCKER_HOST.parse(address) == address


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_preview_asks_every_engine_but_one_behind_ssh(dry_run: bool) -> None:
    assert preflight.asks("unix:///docker.sock", dry_run=dry_run)
    assert preflight.asks("tcp://server:2375", dry_run=dry_run)
    assert preflight.asks("ssh://server", dry_run=dry_run) is not dry_run


def test_the_settings_know_the_docker_host_wherever_it_is_said() -> None:
    def resolved(configured: str, environment: dict[str, str]) -> str:
        values = {**PASSWORD, "dockerHost": configured}
        made = loading.parse("dev", values, is_secret=lambda _: True, environment=environment)
        return made.docker_host

    given = {"DOCKER_HOST": "tcp://other:2375"}
    assert resolved("ssh://server", given) == "ssh://server"
    assert resolved("", given) == "tcp://other:2375"
    assert resolved("", {"DOCKER_HOST": ""}) == resolved("", {}) == docker_host.LOCAL
