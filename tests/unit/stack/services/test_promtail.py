from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from stack.configs import CONFIGS
from stack.services import promtail
from stack.services.promtail import Stage
from stack.settings.problems import SettingsError
from tests.unit.conftest import Read


def stages(read: Read, logs: dict[str, Any] | None = None) -> list[Stage]:
    source = promtail.configuration(read({"logs": logs or {}}))["scrape_configs"][0]
    found: list[Stage] = source["pipeline_stages"]
    return found


def kinds(pipeline: list[Stage]) -> list[str]:
    return [next(iter(stage)) for stage in pipeline]


def in_the_file() -> list[Stage]:
    source = yaml.safe_load((CONFIGS / "promtail/promtail.yml").read_text())["scrape_configs"][0]
    found: list[Stage] = source["pipeline_stages"]
    return found


def test_by_default_the_pipeline_is_the_one_in_the_file(read: Read) -> None:
    assert stages(read) == in_the_file()


def test_only_nests_errors_are_overtaken_and_only_lokis_noise_is_dropped(read: Read) -> None:
    # `match` sends the lines that do not match past the others.
    assert not {"limit", "sampling"} & set(kinds(stages(read)))
    [match] = [stage["match"] for stage in stages(read) if "match" in stage]
    assert kinds(match["stages"]) == ["regex", "multiline", "template", "timestamp"]
    drops = [stage["drop"] for stage in stages(read) if "drop" in stage]
    assert [drop["drop_counter_reason"] for drop in drops] == ["deletion_is_off"]


def test_lines_of_a_container_that_is_left_out_are_dropped_before_any_other_stage(
    read: Read,
) -> None:
    measured = "monitoring-dev-canary|monitoring-dev-loss"
    names = ["shop-x", "a|b"]
    first, second, *others = stages(read, {"excludeNames": names, "redactPatterns": ["pin=\\d"]})
    # Loki's matchers match the whole of a label.
    assert [stage["match"] for stage in (first, second)] == [
        {
            "selector": f'{{container=~"{name}", container!~"{measured}"}}',
            "action": "drop",
            "drop_counter_reason": "excluded",
        }
        for name in names
    ]
    assert others == stages(read, {"redactPatterns": ["pin=\\d"]})


def test_what_is_read_from_a_line_is_read_after_its_secrets_are_gone(read: Read) -> None:
    found = kinds(stages(read, {"redactPatterns": ["card-[0-9]{16}"]}))
    assert found.index("multiline") < found.index("output") < found.index("json")


def test_lines_are_counted_with_all_their_labels(read: Read) -> None:
    found = kinds(stages(read))
    assert found.index("labels") < found.index("metrics", 1)


def test_without_redaction_lines_are_left_alone_and_all_else_stays(read: Read) -> None:
    off, on = stages(read, {"redact": False}), stages(read)
    assert "suspect" not in json.dumps(off)
    assert [stage for stage in on if "suspect" not in json.dumps(stage)] == off


def test_an_own_pattern_is_replaced_after_the_built_in_ones(read: Read) -> None:
    found = stages(read, {"redactPatterns": ["card-[0-9]{16}", "pin (\\d{4})"]})
    place = kinds(found).index("output")
    assert found[place + 1 : place + 3] == [
        # Promtail replaces groups only.
        {"replace": {"expression": "(card-[0-9]{16})", "replace": "[redacted]"}},
        {"replace": {"expression": "pin (\\d{4})", "replace": "[redacted]"}},
    ]


def test_own_patterns_work_without_the_built_in_ones(read: Read) -> None:
    found = json.dumps(stages(read, {"redact": False, "redactPatterns": ["card-[0-9]{16}"]}))
    assert "(card-[0-9]{16})" in found
    assert "suspect" not in found


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("", "is empty"),
        (7, "must be a regular expression"),
        ("card-(", "unterminated subpattern"),
        ("a*", "matches where there is nothing"),
        ("(?P<level>x)", "must have no name"),
        ("(?<=card )[0-9]+", "no lookaround"),
        ("(?!x)y", "no lookaround"),
        (r"(a)\1", "no lookaround, back-reference"),
        ("a++", "possessive"),
        ("(?>ab)", "atomic"),
        ("(?x) a", "no lookaround"),
        ("a{1001}", "at most 1000"),
        (r"a\Z", "no lookaround"),
        ("[[:digit:]]+", "nested set"),
    ],
)
def test_a_pattern_with_which_promtail_would_not_start_is_an_error(
    pattern: object, says: str, read: Read
) -> None:
    with pytest.raises(SettingsError, match=r"logs\.redactPatterns") as error:
        read({"logs": {"redactPatterns": [pattern]}})
    assert says in str(error.value)
    assert "sess_([0-9a-f]{32})" in str(error.value)


@pytest.mark.parametrize(
    "pattern",
    [
        "sess_[0-9a-f]{32}",
        r"(?i)iban:?\s*([A-Z]{2}\d{2}[A-Z0-9]{10,30})",
        r"\b4[0-9]{12}(?:[0-9]{3})?\b",
        r"[*+?(]{2,}x",
        r"\(\?=\)",
        r"[]a-z]+@example\.org",
    ],
)
def test_a_pattern_of_both_languages_is_accepted(pattern: str, read: Read) -> None:
    assert read({"logs": {"redactPatterns": [pattern]}}).logs.redact_patterns == (pattern,)


def test_redaction_is_true_or_false(read: Read) -> None:
    with pytest.raises(SettingsError, match=r"logs\.redact is 'some', but must be true or false"):
        read({"logs": {"redact": "some"}})


def test_the_engine_selects_the_projects_and_the_stacks_own_containers(read: Read) -> None:
    logs = {"projects": ["shop", "blog"], "includeLabels": ["logs=yes"]}
    source = promtail.configuration(read({"logs": logs}))["scrape_configs"][0]
    assert [found["filters"] for found in source["docker_sd_configs"]] == [
        [{"name": "label", "values": ["logs=yes", "com.docker.compose.project=shop"]}],
        [{"name": "label", "values": ["logs=yes", "com.docker.compose.project=blog"]}],
        [{"name": "name", "values": ["^(monitoring-dev-[a-z]+)$"]}],
    ]
    assert {found["refresh_interval"] for found in source["docker_sd_configs"]} == {"2s"}


def test_reading_does_not_wait_for_loki_and_nothing_that_waits_is_thrown_away_by_its_age(
    read: Read,
) -> None:
    wal = promtail.configuration(read())["wal"]
    assert wal["enabled"]
    assert wal["dir"].startswith("/var/lib/promtail/")
    assert int(wal["cleanSegmentsOlderThan"].removesuffix("h")) >= 10 * 365 * 24


def test_the_buffer_has_a_largest_size(read: Read) -> None:
    service = promtail.describe(read({"promtail": {"buffer": "2GB"}}))
    assert service.command[0] == str(2 * 2**20)


def test_containers_that_have_ended_are_read_once_and_as_those_that_run(read: Read) -> None:
    settings = read({"logs": {"projects": ["shop"], "redactPatterns": ["x+"]}})
    running = promtail.configuration(settings)
    ended = promtail.of_ended(running, settings)
    [scrape], model = ended["scrape_configs"], running["scrape_configs"][0]
    status = {"name": "status", "values": ["exited", "dead"]}
    assert [found["filters"] for found in scrape["docker_sd_configs"]] == [
        [*found["filters"], status] for found in model["docker_sd_configs"]
    ]
    assert {found["refresh_interval"] for found in scrape["docker_sd_configs"]} == {"87600h"}
    assert scrape["relabel_configs"] == model["relabel_configs"]
    assert scrape["pipeline_stages"] == [
        {"drop": {"older_than": "1209600s"}},
        *model["pipeline_stages"],
    ]
    assert ended["clients"] == running["clients"]


def test_the_two_promtails_share_neither_a_port_nor_a_file(read: Read) -> None:
    running = promtail.configuration(read())
    ended = promtail.of_ended(running, read())
    listening = {"grpc_listen_address": "127.0.0.1", "log_level": "warn"}
    assert running["server"] == {"http_listen_port": 9080, **listening}
    assert ended["server"] == {"http_listen_port": 9081, "grpc_listen_port": 9082, **listening}
    # As start.sh knows it.
    assert ended["positions"]["filename"] == "/var/lib/promtail/ended.part"
    assert running["positions"]["filename"] == "/var/lib/promtail/positions.yml"
    assert "wal" not in ended
