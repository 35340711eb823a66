from __future__ import annotations

import copy

import pytest

from review import drift
from review.drift import Drift
from tests.unit.review import recordings
from tests.unit.review.recordings import changed, with_states


def found() -> Drift:
    return drift.compare(recordings.preview("same"), recordings.preview("drifted"))


def test_what_was_changed_by_hand_is_named_in_words() -> None:
    prometheus = "**Prometheus** (`monitoring-prod-prometheus`)"
    assert [difference.text for difference in found().differences] == [
        "The container `monitoring-prod-promtail` is gone.",
        f"{prometheus}: ports none instead of `127.0.0.1:9090:9090`.",
        f"{prometheus} is not connected to the network `monitoring-prod`.",
        "**Loki** (`monitoring-prod-loki`) is stopped.",
        "**Grafana** (`monitoring-prod-grafana`): memory limit `300 MiB` instead of `512 MiB`.",
    ]


def test_the_command_also_fixes_what_the_provider_does_not_see() -> None:
    said = drift.report("prod", found())
    assert "pulumi up --refresh --stack prod" in said
    assert said.count(" \\\n  --replace 'urn:") == 1
    assert "Container::prometheus'" in said


def test_a_network_that_is_made_again_needs_no_hint_for_its_own_containers() -> None:
    content = recordings.load("drifted")
    content["steps"] = [s for s in content["steps"] if not s["urn"].endswith("::network")]
    without = drift.compare(recordings.preview("same"), recordings.read(content))
    assert "not connected" in drift.report("prod", without)
    assert "--replace" not in drift.report("prod", without)


def test_another_network_that_is_made_again_does_not_bring_a_container_back() -> None:
    content = recordings.load("same")
    [network] = [s for s in content["steps"] if s["urn"].endswith("::network")]
    other = copy.deepcopy(network)
    other["urn"] += "-grafana"
    for state in ("oldState", "newState"):
        other[state]["inputs"]["name"] += "-grafana"
    content["steps"].append(other)
    gone = drift.compare(recordings.read(content), recordings.preview("drifted"))
    assert "The network `monitoring-prod-grafana` is gone." in drift.report("prod", gone)
    assert "Container::prometheus'" in drift.report("prod", gone)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("loki-volume", "volume `monitoring-prod-loki` is gone, with all stored log lines."),
        ("network", "network `monitoring-prod` is gone."),
        ("docker", "pulumi:providers:docker `docker` is gone."),  # which has no other name
    ],
)
def test_what_is_gone_is_told_with_what_it_held(name: str, told: str) -> None:
    content = recordings.load("same")
    content["steps"] = [s for s in content["steps"] if not s["urn"].endswith(f"::{name}")]
    [gone] = drift.compare(recordings.preview("same"), recordings.read(content)).differences
    assert gone.text == f"The {told}"


def test_a_network_with_another_option_is_told_in_words() -> None:
    content = recordings.load("same")
    [network] = [s for s in content["steps"] if s["urn"].endswith("::network")]
    network["oldState"]["inputs"]["internal"] = True
    [other] = drift.compare(recordings.preview("same"), recordings.read(content)).differences
    assert other.text == "The network `monitoring-prod` has another internal: none → `yes`"


def test_what_is_different_on_the_engine_alone_is_told_of_nothing_that_was_not_deployed() -> None:
    said = drift.report("prod", found())
    assert "The engine differs from what was deployed:\n\n- The container" in said
    assert "is gone.\n- **Prometheus**" in said
    assert said.endswith("```\n")
    assert "The code differs" not in said
    assert "To have everything as the code says:\n\n```sh\npulumi up --refresh" in said


def test_drift_has_its_own_exit_code() -> None:
    assert found().code == 2


def test_without_drift_it_says_so() -> None:
    same = recordings.preview("same")
    nothing = drift.compare(same, same)
    assert nothing.code == 0
    assert drift.report("prod", nothing) == (
        "<!-- monitoring-drift:prod -->\n\n### prod: no drift\n\n"
        "The engine has what was deployed, and that is what the code says.\n"
    )


def test_what_the_code_says_and_nobody_deployed_is_drift_too() -> None:
    waiting = changed("loki", memory=384)
    undeployed = drift.compare(waiting, waiting)
    assert undeployed.code == 2
    assert "- **prod**: Loki is replaced, about 15 s" in drift.report("prod", undeployed)


def test_data_that_the_next_up_deletes_is_told() -> None:
    waiting = with_states("loki-volume", "delete", {}, None)
    assert (
        drift.report("prod", drift.compare(waiting, recordings.preview("same")))
        == """\
<!-- monitoring-drift:prod -->

### prod: drift

The code differs from what was deployed: it was changed, and `up` did not follow.

- **prod**: no container changes; **deleted: all stored log lines**.

`make preview STACK=prod` tells more.

To have everything as the code says:

```sh
pulumi up --refresh --stack prod
```
"""
    )


def test_a_failure_is_told_as_one_and_not_as_drift() -> None:
    failed = drift.compare(recordings.preview("same"), recordings.preview("broken", 1))
    said = drift.report("prod", failed)
    assert (failed.code, failed.differences) == (1, ())
    assert "### prod: drift could not be looked for" in said
    assert said.startswith("<!-- monitoring-drift:prod -->\n")
    assert "Loki keeps lines for at least 24h" in said


def test_of_a_preview_with_a_refresh_only_the_steps_after_it_count() -> None:
    urns = [step.urn for step in recordings.preview("drifted").steps]
    assert len(urns) == len(set(urns))
