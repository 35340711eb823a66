"""What a reviewer reads of a program that gets another version."""

from __future__ import annotations

from review.comment import comment
from review.preview import Preview
from tests.unit.review import recordings

AGE = "The last backup that was made here is 26 h old: backups/prod.tar.zst"


def moved(service: str, old: str, new: str) -> Preview:
    """Let a service of the recording in which nothing changes get another image."""
    content = recordings.load("same")
    for step in content["steps"]:
        name = step["urn"].rpartition("::")[2]
        if name in (service, f"{service}-image"):
            step["op"] = "replace"
        if name == f"{service}-image":
            step["oldState"]["inputs"]["name"] = old
            step["newState"]["inputs"]["name"] = new
    return recordings.read(content)


def test_an_upgrade_tells_what_upstream_changed_with_links() -> None:
    said = comment("prod", moved("grafana", "grafana/grafana:12.4.3", "grafana/grafana:13.2.3"))
    assert "- image: `grafana/grafana:12.4.3` → `grafana/grafana:13.2.3`" in said
    assert "| since | what upstream changed |\n| --- | --- |\n| 13.0.0 | The first start" in said
    assert "[More](https://grafana.com/docs/grafana/latest/upgrade-guide/upgrade-v13.0/" in said
    assert "| 12.0.0 |" not in said
    assert "CAUTION" not in said


def test_it_offers_the_backup_first_with_the_age_of_the_last_where_one_is_known() -> None:
    preview = moved("loki", "grafana/loki:3.7.7", "grafana/loki:3.7.8")
    offer = "> [!NOTE]\n> - First `make backup STACK=prod`: `make restore` is the way back."
    assert f"{offer} {AGE}\n" in comment("prod", preview, AGE)
    assert f"{offer}\n" in comment("prod", preview)
    assert "| since |" not in comment("prod", preview)


def test_a_way_back_that_is_none_is_a_danger_with_the_way_out() -> None:
    said = comment("prod", moved("grafana", "grafana/grafana:13.2.3", "grafana/grafana:12.4.3"))
    assert "> [!CAUTION]\n> - **Grafana cannot go back** from 13.2.3 to 12.4.3: " in said
    assert "`pulumi up` refuses it. Set monitoring:grafana.image to 13.0.0 or newer." in said
    assert "make restore FILE=… REPLACE=yes" in said
    assert "make backup" not in said


def test_another_way_back_is_told_as_one_that_nobody_has_tried() -> None:
    said = comment("prod", moved("loki", "grafana/loki:3.7.8", "grafana/loki:3.7.7"))
    assert "> [!WARNING]\n> - Loki goes back from 3.7.8 to 3.7.7. Nobody has tried" in said
    assert "`make backup STACK=prod`" in said


def test_where_no_version_is_known_nothing_is_said() -> None:
    said = comment("prod", moved("loki", "grafana/loki@sha256:1.2.3", "grafana/loki:3.7.8"))
    assert "make backup" not in said
    assert comment("prod", recordings.preview("settings"), AGE).count("make backup") == 0
