"""Two environments on one engine do not touch each other, and destroy takes only its own."""

from __future__ import annotations

from tests.engine import docker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import SERVICES


def test_one_of_two_environments_is_destroyed_and_the_other_works_on(
    make_environment: MakeEnvironment,
) -> None:
    first, second = make_environment(), make_environment()
    first.up().succeeded()
    second.up().succeeded()
    before = second.ids()

    first.pulumi("destroy", "--yes").succeeded()

    assert docker.names("container", first.prefix) == set()
    assert docker.names("network", first.prefix) == set()
    assert docker.names("volume", first.prefix) == set()
    assert second.ids() == before
    assert {docker.health(second.container(name)) for name in SERVICES} == {"healthy"}
    assert second.grafana().number("vector(1)+vector(1)") == 2
    second.preview("--refresh", "--expect-no-changes").succeeded()


def test_volumes_outlive_destroy_where_the_settings_keep_them_and_are_found_again(
    make_environment: MakeEnvironment,
) -> None:
    kept = make_environment()
    kept.configure(keepVolumes=True)
    kept.up().succeeded()
    saved = {"dashboard": {"uid": "by-hand", "title": "Saved by hand"}, "overwrite": True}
    kept.grafana().ask("/api/dashboards/db", saved)

    kept.pulumi("destroy", "--yes").succeeded()
    assert docker.names("container", kept.prefix) == set()
    assert docker.names("volume", kept.prefix) == {f"{kept.prefix}-{name}" for name in SERVICES}

    kept.up().succeeded()
    again = kept.grafana().ask("/api/dashboards/uid/by-hand")
    assert again["dashboard"]["title"] == "Saved by hand"
