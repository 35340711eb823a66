from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from operate import ssh_tunnel
from tests.unit.programs import fake

URLS = {"grafana_url": "http://localhost:3000"}


@pytest.mark.parametrize("address", ["unix:///var/run/docker.sock", "tcp://10.0.0.5:2376"])
def test_what_is_not_behind_ssh_is_reached_as_it_is(address: str) -> None:
    with ssh_tunnel.reach(address, URLS) as urls:
        assert urls == URLS


def test_an_ssh_that_does_not_get_through_is_said_with_the_way_out(on_path: Path) -> None:
    fake(on_path, "ssh", "echo 'deploy@host: Permission denied (publickey).' >&2; exit 255")
    with (
        pytest.raises(CommandError, match=r"Permission denied.*ssh-copy-id deploy@host"),
        ssh_tunnel.reach("ssh://deploy@host", URLS),
    ):
        pass
