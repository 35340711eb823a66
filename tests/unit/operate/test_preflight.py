"""What the preflight says of engines that were recorded.

`recorded/` has what Docker 20.10 and 29 printed: some of `docker info`, and the lines that are
asked of `docker inspect`, for containers that were started with different log options.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from operate.preflight import command, containers, engine, probe, upgrades
from setup.versions import parse_version
from stack.docker.preflight import Finding
from stack.docker.upgrades import Move
from stack.services import describe
from tests.unit.conftest import Read

RECORDED = Path(__file__).parent / "recorded"
VERSIONS = ("20.10", "29")


def info(version: str, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RECORDED / f"info-{version}.json").read_text())
    return found | changes


def running(version: str) -> list[containers.Container]:
    return containers.read((RECORDED / f"containers-{version}.jsonl").read_text())


def said(findings: object) -> str:
    assert isinstance(findings, list)
    return "\n".join(f"{each.what} {each.why} {each.remedy}" for each in findings)


@pytest.mark.parametrize("version", VERSIONS)
def test_an_engine_that_is_well_is_not_complained_of(version: str, read: Read) -> None:
    found = list(engine.findings(info(version), 0, describe(read())))
    assert found == []


def test_an_engine_that_is_too_old_stops_an_update(read: Read) -> None:
    old = info("20.10", ServerVersion="19.03.15")
    [finding] = engine.findings(old, 0, describe(read()))
    assert finding.stops
    assert "Docker 19.03.15" in finding.what
    assert "20.10" in finding.why


def test_the_recorded_engines_are_old_and_new_enough() -> None:
    assert [parse_version(info(each)["ServerVersion"])[0] for each in VERSIONS] == [20, 29]


def test_limits_that_the_host_cannot_give_are_named_with_the_largest(read: Read) -> None:
    services = describe(read({"loki": {"memory": "1GB"}}))
    small = info("29", MemTotal=2 * 2**30)
    found = list(engine.findings(small, 0, services))
    assert not any(each.stops for each in found)
    assert "2304MB" in said(found)
    assert "the host has 2048MB" in said(found)
    assert "monitoring:loki.memory 512MB" in said(found)
    assert list(engine.findings(info("29", MemTotal=4 * 2**30), 0, services)) == []


def test_an_engine_without_memory_limits_is_named(read: Read) -> None:
    assert "cgroup_enable=memory" in said(
        list(engine.findings(info("20.10", MemoryLimit=False), 0, describe(read())))
    )


@pytest.mark.parametrize(("ahead", "way"), [(61.0, "61 s ahead of"), (-61.0, "61 s behind")])
def test_a_clock_that_differs_is_named(ahead: float, way: str, read: Read) -> None:
    [finding] = engine.findings(info("29"), ahead, describe(read()))
    assert way in finding.what


def test_the_time_that_an_answer_takes_is_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 1_700_000_000.0
    monkeypatch.setattr("time.time", lambda: asked + 9)

    def ahead(seconds: int) -> float:
        return engine.seconds_ahead({"SystemTime": f"2023-11-14T22:13:{seconds}.123456789Z"}, asked)

    assert ahead(25) == 0
    assert ahead(40) == pytest.approx(11.1, abs=0.1)
    assert ahead(10) == pytest.approx(-9.9, abs=0.1)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_containers_whose_lines_are_lost_are_named_with_the_lines_to_write(
    version: str, read: Read
) -> None:
    found = list(containers.findings(running(version), read()))
    rest = "the logs of this engine too, and this stack collects those of all containers."
    assert [each.what for each in found] == [
        "The engine keeps no line of quiet, uncached: log driver none, syslog.",
        "local, remote log with the driver local, syslog.",
        "The log files of small are small.",
        f"promtail may collect {rest}",
    ]
    assert all('max-size: 10m, max-file: "3"' in each.remedy for each in found[:3])
    assert "monitoring:logs: {projects: [shop]}" in found[3].remedy
    assert not any(each.stops for each in found)


@pytest.mark.parametrize(
    ("logs", "named"),
    [
        ({"projects": ["shop"]}, ["remote"]),
        ({"includeLabels": ["com.docker.compose.project=shop"]}, ["remote"]),
        ({"includeLabels": ["com.docker.compose.project"]}, ["remote"]),
        ({"includeLabels": ["com.docker.compose.project=other"]}, []),
        ({"includeNames": ["sma.*"]}, ["small"]),
        ({"includeNames": ["sma"]}, []),
    ],
)
def test_only_containers_that_are_collected_are_complained_of(
    logs: dict[str, Any], named: list[str], read: Read
) -> None:
    text = said(list(containers.findings(running("20.10"), read({"logs": logs}))))
    every = ("quiet", "uncached", "local", "remote", "small", "promtail")
    assert [name for name in every if f"{name} " in text or f"{name}," in text] == named


def test_a_container_that_is_left_out_is_not_complained_of(read: Read) -> None:
    found = containers.findings(running("20.10"), read({"logs": {"excludeNames": ["quiet"]}}))
    assert "quiet" not in said(list(found))


def test_another_stack_whose_name_begins_with_this_ones_is_another(read: Read) -> None:
    def collectors(name: str) -> list[str]:
        one = containers.Container(name, {}, "json-file", {}, reads_the_engine=True)
        return [finding.what for finding in containers.findings([one], read())]

    assert collectors("monitoring-dev-promtail") == []
    [what] = collectors("monitoring-dev-2-promtail")
    assert what.startswith("monitoring-dev-2-promtail may collect")


@pytest.mark.parametrize(
    ("options", "enough"),
    [
        ({}, True),
        ({"max-size": "10m"}, False),
        ({"max-size": "10m", "max-file": "2"}, True),
        ({"max-size": "1g", "max-file": "1"}, False),
        ({"max-size": "4M", "max-file": "3"}, False),
        ({"max-size": "-1", "max-file": "3"}, True),
    ],
)
def test_what_is_at_least_kept_is_what_one_file_less_holds(
    options: dict[str, str], enough: bool, read: Read
) -> None:
    one = containers.Container("app", {}, "json-file", options, reads_the_engine=False)
    assert (list(containers.findings([one], read())) == []) == enough


def test_the_disks_room_is_compared_with_what_may_still_be_taken(read: Read) -> None:
    disk = "overlay 20000000 14000000 5000000 74% /\n"
    settings = read({"prometheus": {"retentionSize": "5GB"}, "promtail": {"buffer": "1GB"}})
    [finding] = probe.judge_disk(disk, settings)
    assert "4.8 GB free" in finding.what
    assert "6.2 GB more" in finding.what
    assert "monitoring:prometheus.retentionSize 2GB" in finding.remedy
    used = f"{disk}3000000\t/volumes/monitoring-dev-prometheus\n"
    assert list(probe.judge_disk(used, settings)) == []


def test_the_disks_room_is_compared_with_the_budget_where_there_is_one(read: Read) -> None:
    disk = "overlay 20000000 14000000 10000000 60% /\n"
    settings = read({"disk": "20GB"})
    [finding] = probe.judge_disk(disk, settings)
    assert "9.5 GB free" in finding.what
    # Ten of Loki's, 5.6 of Prometheus', and two of Promtail's.
    assert "17.6 GB more" in finding.what
    assert "loki.retentionSize" in finding.what
    assert "no limit" not in finding.what
    assert "monitoring:disk 10GB" in finding.remedy
    used = f"{disk}9000000\t/volumes/monitoring-dev-loki\n"
    assert list(probe.judge_disk(used, settings)) == []


def test_a_disk_on_which_loki_stores_nothing_is_named(read: Read) -> None:
    disk = "overlay 900000000 810000000 90000000 90% /\n"
    [finding] = probe.judge_disk(disk, read())
    assert "90 % full" in finding.what


@pytest.mark.parametrize(
    ("options", "remedy"),
    [
        (["name=seccomp,profile=default", "name=rootless"], "/run/user/1000/docker.sock"),
        (["name=userns"], "setfacl -m u:100000:rw"),
        (["name=selinux"], "audit2allow"),
        (["name=seccomp,profile=builtin"], "monitoring:dockerSocket /path/to/docker.sock"),
    ],
)
def test_why_the_socket_cannot_be_used_is_told_by_the_engines_options(
    options: list[str], remedy: str
) -> None:
    found = probe.unusable_socket("/var/run/docker.sock", "Permission denied", options)
    assert "Permission denied" in found.what
    assert remedy in found.remedy


def test_the_report_begins_with_what_stops_an_update() -> None:
    warning = Finding("It is small.", "It fills.", "Write:\n  more")
    stop = Finding("It is gone.", "Nothing runs.", "Make it.", stops=True)
    assert command.report([warning, stop]).splitlines() == [
        "STOPS: It is gone.",
        "  Nothing runs.",
        "  Make it.",
        "",
        "warning: It is small.",
        "  It fills.",
        "  Write:",
        "    more",
    ]


def test_an_upgrade_is_told_with_what_upstream_changed_and_the_backup_to_make_first() -> None:
    age = "No backup was made here: `make backup STACK=prod` makes one."
    moves = [
        Move("loki", (3, 5, 3), (3, 7, 8)),
        Move("loki", (3, 7, 8), (3, 7, 7)),
        Move("prometheus", (3, 15, 0), (2, 54, 1)),
    ]
    up, back = upgrades.findings(moves, "prod", age)
    assert up.what == "Loki goes from 3.5.3 to 3.7.8."
    assert up.why.startswith("3.5.8: The image has no shell")
    assert up.remedy == (f"First `make backup STACK=prod`: `make restore` is the way back. {age}")
    assert back.what == "Loki goes back from 3.7.8 to 3.7.7."
    assert "Nobody has tried" in back.why
    assert not up.stops
