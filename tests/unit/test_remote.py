"""What is said of a Docker host behind ssh that does not answer, and which run asks it."""

from __future__ import annotations

import pytest

from stack import engine, remote

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
    assert way_out in remote.remedy("ssh://deploy@server", _SAID.format(said))
    assert remote.complaint(_SAID.format(said)) == said.splitlines()[-1]


def test_an_engine_that_is_down_behind_a_working_ssh_is_told_from_an_ssh_that_fails() -> None:
    said = "Cannot connect to the Docker daemon at http://docker.example.com. Is it running?"
    assert "ssh works" in remote.remedy("ssh://deploy@server", said)


def test_a_port_of_its_own_is_in_the_commands() -> None:
    unknown = remote.remedy("ssh://deploy@server:2222", "Host key verification failed.")
    assert "`ssh-keyscan -p 2222 server >>" in unknown
    assert "-F '[server]:2222'" in unknown
    assert "`ssh -p 2222 deploy@server docker" in remote.remedy("ssh://deploy@server:2222", "?")


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_preview_asks_every_engine_but_one_behind_ssh(dry_run: bool) -> None:
    assert engine.is_asked("unix:///docker.sock", dry_run=dry_run)
    assert engine.is_asked("tcp://server:2375", dry_run=dry_run)
    assert engine.is_asked("ssh://server", dry_run=dry_run) is not dry_run


@pytest.mark.parametrize("address", ["unix:///docker.sock", "ssh://server"])
def test_an_up_lets_promtool_read_the_rules_once(address: str) -> None:
    runs = [engine.is_asked_of_rules(address, dry_run=dry_run) for dry_run in (True, False)]
    assert sorted(runs) == [False, True]
