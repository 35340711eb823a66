from __future__ import annotations

import re

import pytest

from review.comment import LIMIT, Part, comment, fitted
from review.preview import Preview, read
from tests.unit.review import recordings
from tests.unit.review.recordings import changed, dashboard, uploads, with_states

GITHUBS_LIMIT = 65_536


def test_the_first_line_is_the_marker_and_the_second_says_what_happens() -> None:
    marker, _, headline, *_ = comment("prod", recordings.preview("settings")).splitlines()
    assert marker == "<!-- monitoring-preview:prod -->"
    assert headline == (
        "### **prod**: Prometheus, Loki and Grafana are replaced; no stored data is lost."
    )


def test_what_goes_stays_and_changes_is_told_from_the_headline_to_every_step() -> None:
    content = recordings.load("same")
    steps = {step["urn"].rpartition("::")[2]: step for step in content["steps"]}
    steps["prometheus"] |= {"op": "delete", "newState": None}
    steps["loki"] |= {"op": "replace", "detailedDiff": {"memorySwap": {}, "memory": {}}}
    steps["loki"]["newState"]["inputs"] |= {"memory": 384, "memorySwap": 384}
    steps["grafana"] |= {"op": "update", "detailedDiff": {"uploads[0].content": {}}}
    for state, text in ("oldState", "1"), ("newState", "2"):
        steps["grafana"][state]["inputs"]["uploads"] = uploads(a=text)
    content["diagnostics"] = [{"severity": "warning", "message": "warning: #1 is old\n"}]
    urn = steps["grafana"]["urn"]
    assert (
        comment("prod", recordings.read(content))
        == f"""\
<!-- monitoring-preview:prod -->

### **prod**: Loki is replaced, Grafana is changed in place and Prometheus is taken away; \
no stored data is lost.

- **Loki** is replaced: about 15 s without a search in the logs; Promtail waits for it, and no \
line is lost.
- **Grafana** is changed while it runs, without a break. But `uploads` of a running container \
cannot be changed, which Docker's provider does not tell: to have it, `pulumi up \
--replace '{urn}'`.

#### Loki

- memory limit: `512 MiB` → `384 MiB`

#### Grafana

`/etc/loki/a.yml`

```diff
@@ -1 +1 @@
-1
+2
```

Pulumi also says:

- `#1 is old`

<details><summary>Every step</summary>

```
-  delete   container prometheus
+- replace  container loki [memory, memorySwap]
~  update   container grafana [uploads]
```

</details>
"""
    )


def test_a_single_replacement_is_told_with_what_is_missed_meanwhile() -> None:
    assert "**prod**: Loki is replaced, about 15 s without a search in the logs;" in comment(
        "prod", changed("loki", memory=384)
    )


def test_an_optional_service_is_told_as_the_others_are_and_after_them() -> None:
    content = recordings.load("same")
    steps = {step["urn"].rpartition("::")[2]: step for step in content["steps"]}
    for name in ("loki", "loki-volume", "loki-image"):
        steps[name]["urn"] = steps[name]["urn"].replace("loki", "blackbox")
    steps["loki"]["op"] = "replace"
    assert "Blackbox is replaced, about 5 s without probes of pages; no" in comment(
        "prod", recordings.read(content)
    )
    steps["grafana"]["op"] = "replace"
    assert "**prod**: Grafana and Blackbox are replaced" in comment(
        "prod", recordings.read(content)
    )


def test_it_is_said_plainly_that_nothing_changes() -> None:
    said = comment("prod", recordings.preview("same"))
    assert "### **prod**: nothing changes." in said
    assert "Every step" not in said


def test_a_new_environment_is_told_as_new() -> None:
    content = recordings.load("same")
    for step in content["steps"]:
        step["op"] = "create"
        step.pop("oldState", None)
    said = comment("prod", recordings.read(content))
    assert "**prod** is new: Prometheus, Loki, Promtail and Grafana are started." in said
    assert re.search(
        r"- image: none → `\S+`\n- memory limit: none → `512 MiB`\n- ports: none", said
    )


def test_a_change_of_settings_is_listed_with_both_values() -> None:
    said = comment("prod", recordings.preview("settings"))
    assert "- memory limit: `512 MiB` → `384 MiB`" in said
    assert "memorySwap" not in said.partition("Every step")[0]


def test_of_a_list_only_what_changes_is_told() -> None:
    command = ["-config.file=/etc/loki/loki.yml", "-print-config-stderr"]
    said = comment("prod", changed("loki", command=command))
    assert "- command: none → `-print-config-stderr`\n" in said


def test_a_value_that_only_up_will_know_is_told_as_such() -> None:
    said = comment("prod", changed("loki", hostname="04da6b54-80e4-46f7-96ec-b56ff0331ba9"))
    assert "- hostname: `loki` → `(known after up)`" in said


def test_what_a_service_goes_on_with_is_not_told_where_its_volume_goes() -> None:
    content = recordings.load("same")
    for step in content["steps"]:
        if step["urn"].endswith(("::promtail", "::promtail-volume")):
            step["op"] = "replace"
    said = comment("prod", recordings.read(content))
    assert "Promtail is replaced, about 10 s without new log lines; **deleted" in said


def test_a_changed_file_is_told_as_a_unified_diff() -> None:
    said = comment("prod", recordings.preview("settings"))
    assert "`/etc/prometheus/prometheus.yml`\n\n```diff\n@@ -1,6 +1,6 @@\n" in said
    assert "-  scrape_interval: 1s\n-  scrape_timeout: 1s\n+  scrape_interval: 2s\n" in said


def test_a_changed_secret_is_told_without_it() -> None:
    said = comment("prod", recordings.preview("settings"))
    assert "- environment: it changes, and is hidden since it holds a secret" in said


def test_files_with_a_secret_among_them_are_told_as_hidden() -> None:
    said = comment("prod", changed("loki", uploads="[secret]"))
    assert "They hold a secret, and are hidden with it" in said


def test_a_changed_image_is_told_by_its_name() -> None:
    content = recordings.load("same")
    for step in content["steps"]:
        if step["urn"].endswith("::loki-image"):
            step["op"] = "replace"
            step["newState"]["inputs"]["name"] = "grafana/loki:3.8.0"
        if step["urn"].endswith("::loki"):
            step["op"] = "replace"
            step["newState"]["inputs"]["image"] = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    said = comment("prod", recordings.read(content))
    assert re.search(r"- image: `\S+` → `grafana/loki:3.8.0`", said)
    assert "04da6b54" not in said


def test_what_docker_cannot_change_in_place_is_told() -> None:
    content = recordings.load("same")
    [loki] = [step for step in content["steps"] if step["urn"].endswith("::loki")]
    loki |= {"op": "update", "detailedDiff": {"tmpfs": {}, "memory": {}}}
    said = comment("prod", recordings.read(content))
    assert "But `tmpfs` of a running container cannot be changed" in said
    assert f"pulumi up --replace '{loki['urn']}'" in said


def test_a_failed_preview_has_its_error_on_top_without_the_engines_noise() -> None:
    said = comment("prod", recordings.preview("broken", 1))
    assert said.splitlines()[2] == "### **prod**: the preview failed, and so would `pulumi up`."
    assert "monitoring:loki.retention is '1h', but Loki keeps lines for at least 24h" in said
    assert "unhandled error" not in said
    assert "pulumi-resource-docker" not in said


def test_an_error_of_the_program_is_told_in_its_last_line_and_the_rest_is_folded() -> None:
    said = comment("prod", recordings.preview("traceback", 1))
    shown, _, folded = said.partition("<details>")
    assert "TypeError: " in shown
    assert "Traceback" not in shown
    assert "Traceback" in folded


def test_what_the_cli_says_before_it_can_preview_is_told() -> None:
    said = comment("prod", read("", "error: incorrect passphrase\n", 255))
    assert "```\nincorrect passphrase\n```" in said


def test_a_stack_that_is_not_there_is_told_with_the_command_that_makes_it() -> None:
    said = comment("prod", read("", "error: no stack named 'prod' found\n", 6))
    assert "no stack named 'prod' found\n\nIt was never deployed" in said
    assert "make up STACK=prod" in said


def test_what_was_found_before_the_failure_is_told_after_it() -> None:
    content = recordings.load("settings")
    content["diagnostics"].append({"severity": "error", "message": "error: it broke\n"})
    said = comment("prod", recordings.read(content, 1))
    order = [
        "it broke",
        "\n\nWhat it had found until then:\n\n",
        "- memory limit: `512 MiB` → `384 MiB`",
    ]
    assert sorted(order, key=said.index) == order


def test_after_a_failure_that_found_nothing_there_is_nothing_more() -> None:
    content = recordings.load("same")
    content["diagnostics"] = [{"severity": "error", "message": "error: it broke\n"}]
    assert comment("prod", recordings.read(content, 1)).endswith("\n\n```\nit broke\n```\n")


LONG = "\n".join(f"key_{number}: a line of some length, and another" for number in range(2_000))
PANELS = [{"id": n, "type": "stat", "title": f"A panel with number {n}"} for n in range(1_000)]


def _changes(*, long_file: bool, long_dashboard: bool) -> Preview:
    content = recordings.load("same")
    for step in content["steps"]:
        step["op"] = "replace"
        inputs = step["newState"].get("inputs", {})
        if step["urn"].endswith("::loki"):
            step["newState"]["inputs"] = {
                **inputs,
                "memory": 384,
                "uploads": uploads(loki=LONG if long_file else "short: 1", other="other: 1"),
            }
        if step["urn"].endswith("::grafana"):
            titled = [{**panel, "title": f"{panel['title']}!"} for panel in PANELS]
            before, after = (PANELS, titled) if long_dashboard else (PANELS[:1], titled[:1])
            step["oldState"]["inputs"]["uploads"] = dashboard(panels=before)
            step["newState"]["inputs"]["uploads"] = dashboard(panels=after)
    return recordings.read(content)


@pytest.mark.parametrize(
    ("long_file", "long_dashboard", "cut", "left"),
    [
        (False, False, (), ("Every step", "A panel with number", "short: 1", "other: 1")),
        (False, True, ("the list of steps and dashboards were cut",), ("short: 1", "1000 places")),
        (
            True,
            False,
            ("the list of steps, dashboards and long files were cut",),
            ("`/etc/loki/loki.yml`: +2000", "other: 1", "384 MiB"),
        ),
    ],
)
def test_what_is_too_long_loses_the_least_useful_first_and_says_so(
    *, long_file: bool, long_dashboard: bool, cut: tuple[str, ...], left: tuple[str, ...]
) -> None:
    said = comment("prod", _changes(long_file=long_file, long_dashboard=long_dashboard))
    assert len(said) < GITHUBS_LIMIT
    assert [words for words in (*cut, *left) if words not in said] == []
    assert ("Too long for GitHub" in said) == bool(cut)
    assert "**Data is deleted**" in said


@pytest.mark.parametrize("length", [LIMIT, LIMIT + 1])
def test_what_matters_most_is_never_cut(length: int) -> None:
    assert fitted("prod", [Part("x" * length)]) == "x" * length + "\n"


def test_what_just_fits_is_not_cut() -> None:
    file = Part("x" * LIMIT, priority=0, short="cut")
    assert fitted("prod", [file]) == f"{file.text}\n"


def test_many_settings_are_counted_where_there_is_no_room_for_them() -> None:
    content = recordings.load("same")
    [loki] = [step for step in content["steps"] if step["urn"].endswith("::loki")]
    loki["op"] = "replace"
    content["diagnostics"] = []
    loki["newState"]["inputs"] |= {f"key{number}": "x" * 900 for number in range(100)}
    *_, title, settings, cut = comment("prod", recordings.read(content)).strip().split("\n\n")
    assert (title, settings) == ("#### Loki", "100 settings change")
    assert cut.endswith("`pulumi preview --diff --stack prod` shows all.")


def test_endless_errors_fit_with_their_ends() -> None:
    content = recordings.load("broken")
    content["diagnostics"] = [
        {"severity": "error", "message": f"error: {number}" + " x" * LIMIT + " end"}
        for number in range(20)
    ]
    said = comment("prod", recordings.read(content, 1))
    assert len(said) < GITHUBS_LIMIT
    assert "x end\n```" in said


EVIL = "x`</details><!-- ``` --> @everyone #1 <img src=y> \u202ereversed\n# heading"


@pytest.mark.parametrize(
    "preview",
    [
        changed("loki", user=EVIL),
        changed("loki", uploads=uploads(loki=f"{EVIL}\n````\n</details>")),
        changed("grafana", uploads=dashboard(title=EVIL)),
        changed("grafana", uploads=dashboard(panels=[{"id": 1, "type": EVIL, "title": EVIL}])),
        with_states("loki-volume", "delete", {"inputs": {"name": EVIL}}, None),
    ],
)
def test_what_files_and_settings_say_is_shown_as_text_only(preview: Preview) -> None:
    outside = _outside_of_code(comment("prod", preview))
    assert "@everyone" not in outside
    assert "<img" not in outside
    assert "\n# heading" not in outside
    assert outside.count("<details>") == outside.count("</details>")
    assert "\u202e" not in comment("prod", preview)


def _outside_of_code(text: str) -> str:
    """Take code away as CommonMark reads it: blocks first, then spans of as many backticks."""
    blocks = re.sub(r"^(`{3,})[a-z]*\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "", blocks)


def with_files(service: str, old: list[dict[str, str]], new: list[dict[str, str]]) -> Preview:
    states = ({"inputs": {"uploads": files}} for files in (old, new))
    return with_states(service, "replace", *states)


def test_a_file_that_stays_as_it_is_is_not_shown_beside_one_that_changes() -> None:
    said = comment("prod", with_files("loki", uploads(a="1", b="2"), uploads(a="1", b="3")))
    assert "`/etc/loki/b.yml`\n\n```diff\n@@ -1 +1 @@\n-2\n+3\n```" in said
    assert "a.yml" not in said


def test_a_file_that_comes_or_goes_is_told_as_such() -> None:
    said = comment("prod", with_files("loki", uploads(a="1"), uploads(b="2")))
    assert "`/etc/loki/b.yml` is new" in said
    assert "`/etc/loki/a.yml` is removed" in said


def test_a_dashboard_that_is_no_json_is_shown_line_by_line() -> None:
    path = "/etc/grafana/dashboards/mine.json"
    broken, whole = ([{"file": path, "content": text}] for text in ("{", "{}"))
    assert "-{\n+{}" in comment("prod", with_files("grafana", broken, whole))
