"""What a deploy's mark on the dashboards says."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pulumi
import pytest

from stack import deploy_mark
from tests.unit.conftest import Read
from tests.unit.programs import calls, recorded


def test_a_mark_says_what_was_done_and_by_whom() -> None:
    text = deploy_mark.description(["loki", "grafana"], ["promtail (memory)"], "ann (1a2b3c4d5e)")
    assert text == (
        "Deploy by ann (1a2b3c4d5e)\nreplaced: grafana, loki; updated: promtail (memory)"
    )


def test_the_author_is_githubs_actor_or_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTOR", raising=False)
    assert deploy_mark.author().startswith(getpass.getuser())
    monkeypatch.setenv("GITHUB_ACTOR", "ann")
    assert deploy_mark.author().startswith("ann")


def test_the_author_is_told_with_the_commit_and_whether_more_was_changed(
    monkeypatch: pytest.MonkeyPatch, on_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_ACTOR", "ann")
    git = recorded(on_path, "git", 'pwd > "$0.folder"; echo 1a2b3c4d5e, with changes')
    assert deploy_mark.author() == "ann (1a2b3c4d5e, with changes)"
    assert calls(git) == ["describe --always --dirty=, with changes --abbrev=10"]
    folder = Path(git.with_name("git.folder").read_text().strip())
    assert folder == Path(deploy_mark.__file__).parent


def test_an_author_outside_git_is_a_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_ACTOR", "ann")
    monkeypatch.setenv("GIT_DIR", "/no/such/repository")
    assert deploy_mark.author() == "ann"


def test_a_password_of_any_letters_is_quoted_for_curl() -> None:
    quoted = deploy_mark._quoted('ö"\\$')  # noqa: SLF001 - seen from outside only with an engine
    assert quoted == '"ö\\"\\\\$"'
    assert json.loads(quoted) == 'ö"\\$'


def curl(folder: Path, script: str = ":") -> Path:
    """Put a `docker` into a folder that keeps what it is given; a script decides how it ends."""
    keep = 'while read -r line; do printf "%s\\n" "$line" >> "$0.given"; done'
    return recorded(folder, "docker", f"{keep}; {script}")


def changed(name: str, old: dict[str, object], new: dict[str, object]) -> pulumi.ResourceHookArgs:
    return pulumi.ResourceHookArgs(
        urn=f"urn:{name}",
        id="1",
        name=name,
        type="docker:index/container:Container",
        old_inputs=old,
        new_inputs=new,
    )


def test_what_changed_is_told_to_grafana_without_the_password_in_a_list_of_processes(
    read: Read, on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTOR", "ann")
    docker = curl(on_path)
    deploy = deploy_mark.Deploy(read())
    deploy._start(changed("loki", {}, {}))  # noqa: SLF001 - Pulumi calls them
    before = {"memory": 1, "gone": "x", "same": 1}
    deploy._update(changed("grafana", before, {"memory": 2, "new": "y", "same": 1}))  # noqa: SLF001
    deploy.tell()
    [call] = calls(docker)
    assert call == (
        "--host unix:///var/run/docker.sock exec --interactive monitoring-dev-grafana"
        " curl --fail --silent --show-error --config -"
    )
    options = dict(
        line.split(" = ", 1) for line in Path(f"{docker}.given").read_text().splitlines()
    )
    assert json.loads(options["url"]) == "http://localhost:3000/api/annotations"
    assert json.loads(options["user"]) == "admin:correct horse"
    assert json.loads(options["header"]) == "Content-Type: application/json"
    assert json.loads(json.loads(options["data"])) == {
        "text": "Deploy by ann\nreplaced: loki; updated: grafana (gone, memory, new)",
        "tags": ["deploy", "dev"],
    }


def test_a_resource_without_inputs_before_or_after_has_changed_in_all(
    read: Read, on_path: Path
) -> None:
    docker = curl(on_path)
    deploy = deploy_mark.Deploy(read())
    deploy._update(changed("loki", None, {"name": "x"}))  # type: ignore[arg-type] # noqa: SLF001
    deploy.tell()
    assert "updated: loki (name)" in Path(f"{docker}.given").read_text()


def test_where_nothing_changed_nothing_is_told(read: Read, on_path: Path) -> None:
    docker = curl(on_path)
    deploy_mark.Deploy(read()).tell()
    assert calls(docker) == []


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo ' (22) error: 401 ' >&2; exit 22", "(22) error: 401"),
        ("exit 3", "returned non-zero exit status 3."),
    ],
)
def test_a_mark_that_cannot_be_left_is_a_warning(
    script: str, says: str, read: Read, on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    curl(on_path, script)
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    deploy = deploy_mark.Deploy(read())
    deploy._start(changed("loki", {}, {}))  # noqa: SLF001 - Pulumi calls it
    deploy.tell()
    [text] = said
    assert text.startswith("this deploy is not marked on Grafana's dashboards: ")
    assert text.endswith(says)
    assert "correct horse" not in text


def test_without_the_command_a_mark_is_a_warning_too(
    read: Read, on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not list(on_path.iterdir())
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    deploy = deploy_mark.Deploy(read())
    deploy._start(changed("loki", {}, {}))  # noqa: SLF001 - Pulumi calls it
    deploy.tell()
    assert "No such file or directory: 'docker'" in said[0]


def test_the_hooks_are_those_of_a_container_that_is_made_or_changed(read: Read) -> None:
    deploy = deploy_mark.Deploy(read())
    [created], [updated] = deploy.hooks.after_create or [], deploy.hooks.after_update or []
    assert isinstance(created, pulumi.ResourceHook)
    assert isinstance(updated, pulumi.ResourceHook)
    assert (created.name, updated.name) == ("started", "updated")
