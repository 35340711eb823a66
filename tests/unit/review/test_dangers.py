from __future__ import annotations

from typing import Any

import pytest

from review import dangers
from review.comment import comment
from review.preview import Preview
from tests.unit.review import recordings
from tests.unit.review.recordings import changed, with_states

NAME = "monitoring-prod-loki"


def warned(preview: Preview) -> list[str]:
    return [danger.text for danger in dangers.find(preview)]


def test_what_changes_nothing_warns_of_nothing() -> None:
    assert warned(recordings.preview("same")) == []


@pytest.mark.parametrize("operation", ["delete", "replace"])
def test_a_volume_that_goes_is_told_as_data_that_is_deleted(operation: str) -> None:
    new = None if operation == "delete" else {"inputs": {"name": "another"}}
    said = comment("prod", with_states("loki-volume", operation, {}, new))
    assert "; **deleted: all stored log lines**." in said
    assert f"> [!CAUTION]\n> - **Data is deleted**: the volume `{NAME}`, which holds all" in said
    restart = " Loki starts with an empty one." if operation == "replace" else ""
    assert f" all stored log lines.{restart}\n\n" in said


def test_a_volume_that_is_kept_is_told_as_forgotten() -> None:
    said = comment("prod", with_states("loki-volume", "delete", {"retainOnDelete": True}, None))
    assert "; no stored data is lost." in said
    assert f"> [!WARNING]\n> - The stack forgets the volume `{NAME}`" in said
    assert "lines. It stays on the host (`keepVolumes`) until somebody removes it there.\n" in said
    assert "CAUTION" not in said


@pytest.mark.parametrize(
    ("guard", "told"),
    [
        ("retainOnDelete", f"From now on `pulumi destroy` deletes the volume `{NAME}`"),
        ("protect", f"From now on a change of the program can take away the volume `{NAME}`"),
    ],
)
def test_a_volume_that_loses_its_guard_is_told_though_nothing_else_changes(
    guard: str, told: str
) -> None:
    [danger] = dangers.find(with_states("loki-volume", "same", {guard: True}, {guard: False}))
    assert danger.text.startswith(told)
    assert danger.grave is False
    for before in ({guard: False}, {}):
        assert warned(with_states("loki-volume", "same", before, {guard: True})) == []
        assert warned(with_states("loki-volume", "same", before, {guard: False})) == []


def test_a_new_volume_is_no_danger() -> None:
    content = recordings.load("same")
    [step] = [each for each in content["steps"] if each["urn"].endswith("::loki-volume")]
    step["op"] = "create"
    del step["oldState"]
    assert warned(recordings.read(content)) == []


def test_another_docker_host_is_told_as_what_moves_nothing() -> None:
    [text] = warned(changed("docker", "update", host="ssh://deploy@server"))
    assert text.startswith("**The Docker host changes** from `unix:///var/run/docker.sock` to `ssh")
    assert "To move: `pulumi destroy` before the change" in text


def test_the_first_docker_host_and_another_setting_of_the_same_move_nothing() -> None:
    first = with_states("docker", "update", {"inputs": {"host": None}}, {"inputs": {"host": "a"}})
    assert warned(first) == []
    assert warned(changed("docker", "update", context="other")) == []


def _loki(retention: str) -> list[dict[str, str]]:
    return recordings.uploads(loki=f"limits_config:\n  retention_period: {retention}")


def _prometheus(time: str, size: str) -> list[dict[str, str]]:
    text = f"storage: {{tsdb: {{retention: {{time: {time}, size: {size}}}}}}}"
    return [{"file": "/etc/prometheus/prometheus.yml", "content": text}]


@pytest.mark.parametrize(
    ("service", "files", "told"),
    [
        ("loki", _loki("2d"), "Loki keeps only the last `2d`, until now `14d`"),
        ("loki", _loki("30d"), ""),
        ("prometheus", _prometheus("1w", "4GB"), "Prometheus keeps only the last `1w`"),
        ("prometheus", _prometheus("15d", "100MB"), "Prometheus keeps only the last `100MB`"),
        ("prometheus", _prometheus("90d", "1TB"), ""),
        ("prometheus", _prometheus("]", "1TB"), ""),
    ],
)
def test_a_shorter_retention_is_told_as_data_that_is_deleted(
    service: str, files: list[dict[str, str]], told: str
) -> None:
    said = dangers.find(changed(service, uploads=files))
    assert len(said) == bool(told)
    for danger in said:
        assert told in danger.text
        assert danger.lost.startswith(f"what {service.title()} has beyond ")


def _port(address: str, external: int = 9090) -> list[dict[str, Any]]:
    return [{"ip": address, "external": external, "internal": 9090, "protocol": "tcp"}]


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.7", "::", ""])  # noqa: S104 - warned of
def test_a_port_that_others_reach_is_a_grave_danger(address: str) -> None:
    [danger] = dangers.find(changed("prometheus", ports=_port(address)))
    assert danger.grave
    assert "**A port is opened to the network**: Prometheus listens on" in danger.text
    assert danger.text.endswith(" It has no log-in: whoever reaches it reads every metric.")


def test_grafana_has_a_log_in_and_is_told_without_that() -> None:
    [danger] = dangers.find(changed("grafana", ports=_port("0.0.0.0", 3001)))  # noqa: S104 - warned of
    assert danger.grave
    assert danger.text.endswith("listens on `0.0.0.0:3001`, where other machines can reach it.")


def test_another_port_for_the_host_only_is_told() -> None:
    [danger] = dangers.find(changed("prometheus", ports=_port("127.0.0.1", 9999)))
    assert danger.grave is False
    assert "Prometheus listens on `127.0.0.1:9999`, for this host only" in danger.text


def test_a_port_that_closes_is_no_danger() -> None:
    assert warned(changed("prometheus", ports=[])) == []


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({"user": "0:0"}, "it runs as root"),
        ({"user": ""}, "it runs as root"),
        ({"securityOpts": []}, "it may gain privileges, without `no-new-privileges`"),
        (
            {"securityOpts": ["no-new-privileges:true", "seccomp=unconfined"]},
            "`seccomp=unconfined`",
        ),
        ({"capabilities": {"drops": ["ALL"], "adds": ["SYS_ADMIN"]}}, "the capability `SYS_ADMIN`"),
        ({"capabilities": None}, "Docker's default capabilities"),
        ({"privileged": True}, "`privileged` `True`"),
        ({"devices": ["/dev/mem"]}, "`devices` `['/dev/mem']`"),
        ({"groupAdds": ["docker"]}, "`groupAdds` `['docker']`"),
        ({"networkMode": "host"}, "the host's own, by `networkMode`"),
        ({"pidMode": "host"}, "the host's own, by `pidMode`"),
        ({"ipcMode": "host"}, "the host's own, by `ipcMode`"),
        ({"usernsMode": "host"}, "the host's own, by `usernsMode`"),
        ({"user": "root"}, "it runs as root"),
        ({"capabilities": {"drops": ["NET_RAW"]}}, "Docker's default capabilities"),
        (
            {"mounts": [{"type": "bind", "source": "/", "target": "/host", "readOnly": True}]},
            "`/` of the host, to read",
        ),
        (
            {"mounts": [{"type": "bind", "source": "/etc", "target": "/etc"}]},
            "`/etc` of the host, to read and write",
        ),
        (
            {"mounts": [{"type": "bind", "source": "/var/run/docker.sock", "target": "/s"}]},
            "`/var/run/docker.sock` of the host, with which it can do all that root can",
        ),
    ],
)
def test_more_power_is_told(inputs: dict[str, Any], told: str) -> None:
    assert warned(changed("loki", **inputs)) == [f"**More power** for Loki: {told}."]


def test_power_that_is_there_already_is_not_told_again() -> None:
    assert warned(changed("promtail", memory=300)) == []
    assert warned(changed("loki", user="10001")) == []


def test_the_power_of_a_new_container_is_told() -> None:
    content = recordings.load("same")
    for step in content["steps"]:
        if step["urn"].endswith("::promtail"):
            step["op"] = "create"
            del step["oldState"]
    assert warned(recordings.read(content)) == [
        f"**More power** for Promtail: {what}."
        for what in (
            "`/var/run/docker.sock` of the host, with which it can do all that root can",
            "it runs as root",
        )
    ]
