"""What a deploy is proved by: a stack that works, and one of which something is broken."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from operate import verification
from operate.evidence import MissingError
from operate.loss import measurement
from operate.loss.measurement import measure
from operate.loss.result import Plan
from operate.read_back import panels
from operate.running_stack import RunningStack
from stack.settings import docker_host
from tests.engine import docker, receiver, talker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import Environment
from tests.engine.waiting import eventually

WITHIN = 60
# Seconds, for a sample that is newer than the question, on a busy machine.
A_SCRAPE = 10


# Its own times would make a test of minutes.
SOONER = {"-wait=30s": "-wait=5s", "-pruneinterval=15s": "-pruneinterval=2s", "=3m30s": "=30s"}


@pytest.fixture(scope="module")
def scraped(make_environment: MakeEnvironment, images: dict[str, str]) -> Iterator[Environment]:
    environment = make_environment()
    replace(environment, "stack/services/canary.py", SOONER)
    environment.configure(
        jobs=[{"name": "backend", "targets": ["backend:3000"]}],
        alerts={"evaluationInterval": "10s"},
        canary={"enabled": True, "image": images["canary"]},
        # The lines by which the loss is measured are read all the same.
        logs={"includeNames": ["no-such-container"], "excludeNames": [".*"]},
    )
    environment.up().succeeded()
    backend = receiver.backend(environment)
    yield environment
    docker.docker("rm", "--force", backend, check=False)


def replace(environment: Environment, path: str, texts: Mapping[str, str]) -> None:
    """Replace texts in a file of an environment's copy of the program."""
    file = environment.project / path
    content = file.read_text()
    for old, new in texts.items():
        assert old in content
        content = content.replace(old, new)
    file.write_text(content)


def running(environment: Environment, password: str | None = None) -> RunningStack:
    outputs = environment.outputs()
    return RunningStack(
        outputs["grafana_url"],
        outputs["prometheus_url"],
        password or environment.password,
        outputs["network"],
        docker_host.LOCAL,
    )


def verify(
    environment: Environment,
    patience: float,
    password: str | None = None,
    *,
    just_up: bool = False,
) -> tuple[dict[str, str], str]:
    """Return what each failed check saw, and the table."""
    stack = running(environment, password)
    settings = environment.settings()
    results = verification.check(stack, patience, just_up=just_up, settings=settings)
    failed = {result.name: result.seen for result in results if not result.passed}
    return failed, verification.table(results)


@contextmanager
def stopped(environment: Environment, service: str) -> Iterator[None]:
    """Stop a program for as long as the block lasts, and wait until Prometheus knows."""
    container = environment.container(service)
    up = f'up{{job="{service}"}}'
    docker.docker("stop", "--time", "2", container)
    try:
        eventually(
            lambda: environment.grafana().metric(up) == 0, seconds=WITHIN, what=f"{service} down"
        )
        yield
    finally:
        docker.docker("start", container)
    eventually(lambda: environment.grafana().metric(up) == 1, seconds=WITHIN, what=f"{service} up")


def test_a_stack_that_works_passes_every_check_soon_after_up(scraped: Environment) -> None:
    failed, table = verify(scraped, verification.DEADLINE_SECONDS)
    assert failed == {}
    assert "backend, canary, grafana, loki, prometheus, promtail" in table
    assert "FAILED" not in table


def test_the_canary_finds_every_line_that_it_printed(scraped: Environment) -> None:
    # Before any test that stops Loki: what comes too late for it counts as missing.
    grafana = scraped.grafana()
    found = "loki_canary_response_latency_seconds_count"
    eventually(lambda: (grafana.metric(found) or 0) > 15, seconds=WITHIN, what="lines found")
    for what in ("missing", "spot_check_missing", "duplicate", "out_of_order"):
        assert grafana.metric(f"loki_canary_{what}_entries_total") == 0
    assert grafana.metric('service_memory_limit_bytes{job="canary"}') == 64 * 2**20


def test_an_application_that_is_down_is_named_and_after_up_no_failure(
    scraped: Environment,
) -> None:
    with stopped(scraped, "backend"):
        failed, table = verify(scraped, patience=A_SCRAPE)
        after_up, said = verify(scraped, patience=3, just_up=True)
    assert after_up == {}
    assert "; not yet backend at backend:3000: no container is called 'backend'" in said
    assert list(failed) == ["Every target is up"]
    assert "(Prometheus says: Get " in failed["Every target is up"]
    assert "FAILED  Every target is up" in table


def test_an_application_in_another_network_comes_with_the_command_that_connects_it(
    scraped: Environment,
) -> None:
    name = f"{scraped.prefix}-shop"
    backend = {"name": "backend", "targets": ["backend:3000"]}
    scraped.configure(jobs=[backend, {"name": "shop", "targets": [f"{name}:3000"]}])
    scraped.up().succeeded()
    talker.start(name, receiver.SERVE)
    try:
        pattern = f"If {name} is meant, let it join: `docker (network connect .*?)`"
        [command] = eventually(
            lambda: re.findall(
                pattern, verify(scraped, patience=0)[0].get("Every target is up", "")
            ),
            seconds=WITHIN,
            what="the command that connects it",
        )
        docker.docker(*command.split())
        failed, _ = verify(scraped, WITHIN)
        assert failed == {}
    finally:
        docker.docker("rm", "--force", name, check=False)
        scraped.configure(jobs=[backend])
        scraped.up().succeeded()


def test_a_stopped_loki_is_named_by_the_target_the_source_and_the_lines(
    scraped: Environment,
) -> None:
    with stopped(scraped, "loki"):
        failed, _ = verify(scraped, patience=3)
    assert set(failed) >= {"Every target is up", "Grafana reaches Loki", "Logs arrive"}
    assert "Grafana reaches Prometheus" not in failed
    assert failed["Every target is up"].startswith("loki at loki:3100")


def test_a_stopped_promtail_is_seen_though_its_lines_are_still_there(scraped: Environment) -> None:
    with stopped(scraped, "promtail"):
        failed, _ = verify(scraped, patience=A_SCRAPE)
    assert list(failed) == ["Every target is up", "Each program runs as the settings say"]


CHANGED_BY_HAND = {
    "prometheus": ("/etc/prometheus/prometheus.yml", "global.evaluation_interval", "10s", "20s"),
    "loki": ("/etc/loki/loki.yml", "limits_config.retention_period", "14d", "15d"),
    "promtail": ("/etc/promtail/promtail.yml", "clients[0].batchwait", "250ms", "350ms"),
    "grafana": ("/etc/grafana/grafana.ini", "users.allow_sign_up", "false", "true"),
}


@contextmanager
def changed_by_hand(environment: Environment, folder: Path) -> Iterator[None]:
    """Change a value in a file of each program, and start it again, for as long as it lasts."""
    for service, (path, key, old, new) in CHANGED_BY_HAND.items():
        container, own = environment.container(service), folder / service
        docker.docker("cp", f"{container}:{path}", f"{own}")
        name = key.rpartition(".")[2]
        changed = re.sub(rf"(\b{name}\s*[:=]\s*){old}", rf"\g<1>{new}", own.read_text())
        assert changed != own.read_text()
        (folder / "changed").write_text(changed)
        docker.docker("cp", f"{folder / 'changed'}", f"{container}:{path}")
    everything = [environment.container(service) for service in CHANGED_BY_HAND]
    docker.docker("restart", *everything)
    try:
        yield
    finally:
        for service, (path, *_) in CHANGED_BY_HAND.items():
            docker.docker("cp", f"{folder / service}", f"{environment.container(service)}:{path}")
        docker.docker("restart", *everything)


def test_a_configuration_that_was_changed_behind_pulumis_back_is_named(
    scraped: Environment, tmp_path: Path
) -> None:
    def named() -> str:
        failed, _ = verify(scraped, patience=0)
        said = failed["Each program runs as the settings say"]
        for service, (_, key, old, new) in CHANGED_BY_HAND.items():
            assert f"{service}: {key} is " in said
            assert new in said
            assert old in said
        return said

    with changed_by_hand(scraped, tmp_path):
        said = eventually(named, seconds=WITHIN, what="what each of the four runs with")
    assert "more" not in said, "nothing else differs"
    failed, _ = verify(scraped, WITHIN)
    assert failed == {}


def test_numbered_lines_are_printed_and_all_found_in_loki(scraped: Environment) -> None:
    lost = measure(running(scraped), scraped.prefix, Plan.parse("10s", "200"))
    assert (lost.printed, lost.on_disk, lost.found) == (2000, 2000, 2000)
    assert (lost.missing, lost.twice) == ((), 0)
    times = list(lost.seconds.values())
    assert sorted(times) == times
    assert 0.1 < times[0] < times[-1] < WITHIN
    assert f"{scraped.prefix}-loss" not in docker.names("container", scraped.prefix)


def test_a_measurement_that_is_ended_leaves_no_container(scraped: Environment) -> None:
    def is_there() -> bool:
        return f"{scraped.prefix}-loss" in docker.names("container", scraped.prefix)

    def end() -> None:
        eventually(is_there, seconds=WITHIN, what="the container that prints")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=end).start()
    with pytest.raises(KeyboardInterrupt):
        measure(running(scraped), scraped.prefix, Plan.parse("60s", "10"))
    assert not is_there()


# Of the canary's lines, and those of a measurement of the loss, each tenth.
LOSING = r"""
      - drop:
          expression: '^(?:\d+7 p|loss-\w+ \d*7 )'
"""


def test_the_loss_of_each_tenth_line_is_seen(
    scraped: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    beginning = "    pipeline_stages:\n      # Lines read,"
    pipeline = {beginning: beginning.replace("\n", LOSING, 1)}
    replace(scraped, "configs/promtail/promtail.yml", pipeline)

    def counted() -> tuple[float, float]:
        grafana = scraped.grafana()
        missing, printed = (
            grafana.metric(f"loki_canary_{what}entries_total") or 0 for what in ("missing_", "")
        )
        return missing, printed

    before = counted()
    scraped.up().succeeded()
    # A line each second, of which one in ten is lost by chance, and 30 s until it counts.
    eventually(lambda: counted()[0] > before[0], seconds=3 * WITHIN, what="a missing line")
    firing = 'count(ALERTS{alertname="CanaryLinesMissing",alertstate="firing"})'
    eventually(lambda: scraped.grafana().metric(firing) == 1, seconds=WITHIN, what="the alert")
    missing, printed = (after - then for after, then in zip(counted(), before, strict=True))
    assert missing < 0.3 * printed
    monkeypatch.setattr(measurement, "_PATIENCE_SECONDS", 10)
    lost = measure(running(scraped), scraped.prefix, Plan.parse("1s", "1000"))
    assert (lost.printed, lost.on_disk, lost.found) == (1000, 1000, 900)
    assert lost.missing[:3] == ("7", "17", "27")


def test_a_panel_whose_query_is_wrong_is_named(scraped: Environment) -> None:
    sound = {"refId": "A", "datasource": {"uid": "prometheus"}, "expr": "up"}
    panels_of = [
        {"title": "Sound", "type": "stat", "targets": [sound]},
        {"title": "Wrong", "type": "stat", "targets": [{**sound, "expr": "sum(up"}]},
    ]
    with pytest.raises(MissingError, match="Own, Wrong: ") as raised:
        panels.answer(scraped.grafana(), [{"title": "Own", "panels": panels_of}])
    assert "Sound" not in str(raised.value)


def test_a_wrong_password_is_said_at_once_and_locks_nobody_out(scraped: Environment) -> None:
    failed, _ = verify(scraped, patience=WITHIN, password="not the password")
    assert "refuses the configured password" in failed["Its administrator can log in"]
    assert "Prometheus answers" not in failed
    assert scraped.grafana().accepts()


def test_a_rule_that_cannot_be_evaluated_is_named(scraped: Environment) -> None:
    sound = 'min(time() - process_start_time_seconds{job="promtail"})'
    # Nothing is wrong with it until there are series: several match each.
    replace(scraped, "configs/promtail/rules/promtail.yml", {sound: "up * on () up"})
    scraped.up().succeeded()
    check = "Every rule can be evaluated"
    eventually(
        lambda: "duplicate series" in verify(scraped, patience=0)[0].get(check, ""),
        seconds=WITHIN,
        what="the error of collector:uptime_seconds",
    )


def test_a_promtail_that_cannot_open_the_engines_socket_fails_up(
    make_environment: MakeEnvironment, tmp_path: Path
) -> None:
    environment = make_environment()
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind(str(tmp_path / "docker.sock"))
        environment.configure(dockerSocket=str(tmp_path / "docker.sock"))
        environment.up().succeeded()
        failed, _ = verify(environment, patience=10, just_up=True)
    assert list(failed) == ["Logs arrive"]
    assert "Promtail has read none since its start" in failed["Logs arrive"]
