"""Several environments on one engine do not touch each other, and destroy takes only its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.engine import docker, talker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import SERVICES, Environment
from tests.engine.waiting import eventually

KINDS = ("dev", "staging", "prod")
# One request at a time, answered whatever it asks for.
SERVE = """
echo I am {kind}
while :; do
  printf 'HTTP/1.0 200 OK\\r\\n\\r\\nbackend_info{{kind="{kind}"}} 1\\n' | nc -l -p 3000
done
"""


@dataclass(frozen=True)
class Neighbour:
    """One of the project's environments, with an application of its own beside it."""

    kind: str
    environment: Environment

    @property
    def application(self) -> str:
        """The name of the application's container."""
        return f"app-{self.environment.name}"

    def start_application(self) -> None:
        """Start a backend in the stack's network and in the compose project that it collects."""
        project = self.environment.setting("logs", "projects")[0]
        talker.start(
            self.application,
            SERVE.format(kind=self.kind),
            f"--network={self.environment.prefix}",
            "--network-alias=backend",
            f"--label=com.docker.compose.project={project}",
        )

    def kinds(self) -> set[str]:
        """Give whose backends the metrics know."""
        grafana = self.environment.grafana()
        return {kind for kind in KINDS if grafana.metric(f'backend_info{{kind="{kind}"}}')}

    def containers(self) -> set[str]:
        """Give whose lines the logs have."""
        lines = self.environment.grafana().lines('{container=~".+"}')
        return {line.labels["container"] for line in lines}


@pytest.fixture(scope="module")
def neighbours(make_environment: MakeEnvironment) -> Iterator[dict[str, Neighbour]]:
    """Bring up all three environments of the project, as their files say, on one engine."""
    found = {kind: Neighbour(kind, make_environment(kind)) for kind in KINDS}
    for kind, neighbour in found.items():
        # A developer's own machine collects all, unless it is shared; and a team edits its files.
        neighbour.environment.configure(
            jobs=[{"name": "backend", "targets": ["backend:3000"]}],
            logs={"projects": [f"app-{kind}"]},
        )
    try:
        for neighbour in found.values():
            neighbour.environment.up().succeeded()
            neighbour.start_application()
        yield found
    finally:
        for neighbour in found.values():
            docker.docker("rm", "--force", neighbour.application, check=False)


@pytest.mark.parametrize("kind", KINDS)
def test_each_of_three_environments_has_its_own_data_and_no_others(
    kind: str, neighbours: dict[str, Neighbour]
) -> None:
    neighbour = neighbours[kind]
    eventually(lambda: neighbour.kinds() == {kind}, seconds=30, what=f"the metrics of {kind}")
    own = {neighbour.application, *neighbour.environment.outputs()["containers"].values()}

    def complete() -> bool:
        found = neighbour.containers()
        assert found <= own
        return neighbour.application in found

    eventually(complete, seconds=30, what=f"the lines of {kind}")


def test_a_protected_environment_is_not_destroyed(neighbours: dict[str, Neighbour]) -> None:
    prod = neighbours["prod"].environment
    before = prod.ids()
    said = prod.pulumi("destroy", "--yes").failed()
    assert "protected" in said
    assert prod.ids() == before
    eventually(prod.is_healthy, seconds=30, what="four healthy containers")


def test_one_of_three_environments_is_destroyed_and_the_others_work_on(
    neighbours: dict[str, Neighbour],
) -> None:
    others = [neighbours[kind].environment for kind in ("dev", "prod")]
    before = [other.ids() for other in others]
    gone = neighbours["staging"]
    docker.docker("rm", "--force", gone.application)

    gone.environment.pulumi("destroy", "--yes").succeeded()

    for kind in ("container", "network", "volume"):
        assert docker.names(kind, gone.environment.prefix) == set()
    assert [other.ids() for other in others] == before
    for other in others:
        assert other.is_healthy()
        assert other.grafana().number("vector(1)+vector(1)") == 2
        other.preview("--refresh", "--expect-no-changes").succeeded()


def test_volumes_outlive_destroy_where_the_settings_keep_them_and_are_found_again(
    neighbours: dict[str, Neighbour],
) -> None:
    neighbour = neighbours["dev"]
    kept = neighbour.environment
    saved = {"dashboard": {"uid": "by-hand", "title": "Saved by hand"}, "overwrite": True}
    kept.grafana().ask("/api/dashboards/db", saved)
    docker.docker("rm", "--force", neighbour.application)

    kept.pulumi("destroy", "--yes").succeeded()
    assert docker.names("container", kept.prefix) == set()
    assert docker.names("volume", kept.prefix) == {f"{kept.prefix}-{name}" for name in SERVICES}

    kept.up().succeeded()
    again = kept.grafana().ask("/api/dashboards/uid/by-hand")
    assert again["dashboard"]["title"] == "Saved by hand"

    # Compared is what was the same for six seconds; `metric` asks as of a minute ahead.
    grafana, read = kept.grafana(), "promtail_custom_lines_read_total[70s]"
    compared = f"sum(changes({read})) == 0 and on () min(count_over_time({read})) > 8"
    eventually(lambda: grafana.metric(compared) == 0, seconds=100, what="the comparison")
    assert grafana.metric("max(max_over_time(promtail_custom_lines_lost_total[15m]))") == 0
