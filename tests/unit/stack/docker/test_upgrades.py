"""Programs that get another version: which, what upstream changed, and where no way leads back."""

from __future__ import annotations

from pathlib import Path

import pytest

from stack import services
from stack.docker import preflight, upgrades
from stack.docker.engine import EngineError
from stack.docker.upgrades import Move, Version
from tests.unit.conftest import Read
from tests.unit.programs import calls, recorded

LOCAL = "unix:///docker.sock"
PREFIX = "monitoring-dev"
RUNNING = f"echo /{PREFIX}-prometheus sha256:old; echo /{PREFIX}-loki sha256:same"


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("prom/prometheus:v3.15.0", (3, 15, 0)),
        ("registry:5000/grafana/loki:3.7.8@sha256:1.2.3", (3, 7, 8)),
        ("registry:5000/mirror/1.2.3/loki:3.7.8", (3, 7, 8)),
        ("lab/grafana:10.0.0-preview.20230609", (10, 0, 0)),
        ("grafana/grafana:13.2", (13, 2, 0)),
        ("grafana/loki:3", ()),
        ("127.0.0.1:5000/grafana/loki@sha256:1.2.3", ()),
    ],
)
def test_an_images_tag_tells_the_version(image: str, version: Version) -> None:
    assert upgrades.of_image(image) == version


def test_a_move_tells_what_came_between_and_no_more() -> None:
    assert [each.version for each in Move("grafana", (11, 0, 0), (13, 2, 3)).changes] == [
        "12.0.0",
        "13.0.0",
    ]
    assert Move("grafana", (13, 0, 0), (13, 2, 3)).changes == []
    assert Move("grafana", (13, 2, 3), (11, 0, 0)).changes == []
    assert Move("blackbox", (0, 1, 0), (9, 0, 0)).changes == []


@pytest.mark.parametrize(
    ("service", "old", "new", "barrier"),
    [
        ("prometheus", (3, 15, 0), (2, 54, 1), "3.11.0"),
        ("prometheus", (3, 15, 0), (3, 11, 0), None),
        ("prometheus", (2, 54, 1), (2, 37, 9), None),
        ("prometheus", (2, 54, 1), (3, 15, 0), None),
        ("grafana", (13, 2, 3), (12, 4, 3), "13.0.0"),
        ("grafana", (12, 4, 3), (11, 0, 0), None),
        ("loki", (3, 7, 8), (3, 6, 4), "3.6.5"),
        ("loki", (3, 7, 8), (3, 7, 7), None),
    ],
)
def test_a_way_back_is_barred_where_the_older_one_would_not_work(
    service: str, old: Version, new: Version, barrier: str | None
) -> None:
    found = Move(service, old, new).barrier
    assert (found and found.version) == barrier


def test_the_table_is_in_order_and_leads_to_upstream() -> None:
    for service, changes in upgrades.CHANGES.items():
        versions = [upgrades.parse(each.version) for each in changes]
        assert versions == sorted(versions), service
        assert all(each.link.startswith("https://") and each.what for each in changes)


def docker(folder: Path, *, running: str = RUNNING, image: str, run: str = "exit 1") -> Path:
    answers = f"container) {running};; image) {image};; run) {run};;"
    answers += " info) echo /var/lib/docker;;"
    return recorded(folder, "docker", f'case "$3" in {answers} esac')


def planned(read: Read, image: str) -> list[Move]:
    settings = read({"prometheus": {"image": image}})
    return upgrades.planned(LOCAL, PREFIX, services.describe(settings))


def test_programs_are_asked_for_their_version_where_the_image_differs(
    on_path: Path, read: Read
) -> None:
    versions = 'case "$*" in *sha256:old*) echo 3.14.0;; *) echo 3.15.0;; esac'
    program = docker(on_path, image="echo sha256:new; echo sha256:same", run=versions)
    # The tag lies.
    assert planned(read, "mirror/prometheus:v1.0.0") == [Move("prometheus", (3, 14, 0), (3, 15, 0))]
    shown, ids, *asked = [call.removeprefix(f"--host {LOCAL} ") for call in calls(program)]
    names = " ".join(f"{PREFIX}-{name}" for name in ("prometheus", "loki", "promtail", "grafana"))
    assert shown == f"container inspect --format {{{{.Name}}}} {{{{.Image}}}} {names}"
    assert ids.startswith("image inspect --format {{.Id}} mirror/prometheus:v1.0.0 ")
    # Of each version one is asked, which leaves nothing behind and reaches nothing.
    command = "run --rm --network=none --entrypoint=prometheus sha256:{} --version"
    assert asked == [command.format(image) for image in ("old", "new")]


def test_of_an_image_that_is_not_pulled_yet_the_tag_tells_the_version(
    on_path: Path, read: Read
) -> None:
    missing = "echo sha256:same; echo 'Error: No such image: prom/prometheus:v2.54.1' >&2; exit 1"
    docker(on_path, image=missing, run="echo prometheus, version 3.15.0")
    [found] = planned(read, "prom/prometheus:v2.54.1")
    assert found == Move("prometheus", (3, 15, 0), (2, 54, 1))


def test_what_has_no_container_or_no_known_version_is_not_told(on_path: Path, read: Read) -> None:
    docker(on_path, running="echo; exit 1", image="exit 1")
    assert planned(read, "prom/prometheus:v2.54.1") == []
    docker(on_path, image="echo sha256:new; echo sha256:same")
    assert planned(read, "prom/prometheus:v2.54.1") == []


def test_what_a_program_says_while_it_fails_is_no_version(on_path: Path, read: Read) -> None:
    panics = 'case "$*" in *sha256:old*) echo 9.9.9 panics >&2; exit 1;; *) echo 3.15.0;; esac'
    docker(on_path, image="echo sha256:new; echo sha256:same", run=panics)
    assert planned(read, "prom/prometheus:v2.54.1") == []


def test_the_tag_tells_the_version_where_the_engines_answer_does_not_fit_the_question(
    on_path: Path, read: Read
) -> None:
    versions = 'case "$*" in *sha256:old*) echo 3.14.0;; *) echo 3.15.0;; esac'
    docker(on_path, image="echo sha256:new", run=versions)
    # Which of the two images this id is of is not known.
    assert planned(read, "mirror/prometheus:v2.54.1")[0] == Move(
        "prometheus", (3, 14, 0), (2, 54, 1)
    )


def test_without_a_service_or_the_command_the_engine_is_not_asked(
    on_path: Path, read: Read
) -> None:
    assert not list(on_path.iterdir())
    assert planned(read, "prom/prometheus:v2.54.1") == []
    program = docker(on_path, image="exit 1")
    assert upgrades.planned(LOCAL, PREFIX, ()) == []
    assert calls(program) == []


def test_up_is_refused_where_an_older_program_would_not_work(on_path: Path, read: Read) -> None:
    missing = "echo sha256:same; echo 'Error: No such image: prom/prometheus:v2.54.1' >&2; exit 1"
    docker(on_path, image=missing, run="echo prometheus, version 3.15.0")
    settings = read({"prometheus": {"image": "prom/prometheus:v2.54.1"}})
    with pytest.raises(EngineError) as error:
        preflight.check("tcp://server:2375", PREFIX, services.describe(settings))
    said = str(error.value)
    assert "takes prometheus back from 3.15.0 to 2.54.1: an older one does not" in said
    assert "Set monitoring:prometheus.image to 3.11.0 or newer." in said
