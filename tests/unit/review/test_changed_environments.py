"""Which environments the workflows look after, and which of them a change concerns."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from review import changed_environments

ON_A_SERVER = "config:\n  monitoring:dockerHost: ssh://deploy@example.com\n"
AT_HOME = "config:\n  # monitoring:dockerHost: ssh://deploy@example.com\n  monitoring:jobs: []\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a repository with two environments on servers and one at home."""
    for name, text in {"dev": AT_HOME, "prod": ON_A_SERVER, "staging": ON_A_SERVER}.items():
        (tmp_path / f"Pulumi.{name}.yaml").write_text(text)
    git(tmp_path, "init", "--quiet")
    commit(tmp_path, "README.md", "first")
    return tmp_path


def git(folder: Path, *arguments: str) -> None:
    author = ("-c", "user.name=a", "-c", "user.email=a@example.com")
    subprocess.run(["git", *author, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path, file: str, text: str) -> None:
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", file)


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("Pulumi.prod.yaml", ["prod"]),
        ("stack/component.py", ["prod", "staging"]),
        ("configs/x.yml", ["prod", "staging"]),
        ("__main__.py", ["prod", "staging"]),
        ("Pulumi.yaml", ["prod", "staging"]),
        ("requirements.txt", ["prod", "staging"]),
        ("requirements-dev.txt", []),
        ("docs/alerts.md", []),
        ("Pulumi.dev.yaml", []),
    ],
)
def test_a_change_touches_what_is_made_of_it(file: str, names: list[str], repository: Path) -> None:
    texts = {"Pulumi.prod.yaml": f"{ON_A_SERVER}  monitoring:jobs: []\n", "Pulumi.dev.yaml": "{}"}
    commit(repository, file, texts.get(file, "changed"))
    assert changed_environments.changed("HEAD^1", "HEAD", repository) == names


def test_all_commits_since_the_base_count(repository: Path) -> None:
    commit(repository, "Pulumi.prod.yaml", ON_A_SERVER + "\n")
    commit(repository, "docs/alerts.md", "text")
    assert changed_environments.changed("HEAD^1", "HEAD", repository) == []
    assert changed_environments.changed("HEAD~2", "HEAD", repository) == ["prod"]


def test_what_is_moved_out_of_the_program_touches_all(repository: Path) -> None:
    commit(repository, "stack/component.py", "a file that is moved as it is\n")
    (repository / "docs").mkdir()
    git(repository, "mv", "stack/component.py", "docs/component.py")
    git(repository, "commit", "--quiet", "-m", "move")
    assert changed_environments.changed("HEAD^1", "HEAD", repository) == ["prod", "staging"]


def test_what_is_not_in_the_head_touches_nothing(repository: Path) -> None:
    commit(repository, "docs/alerts.md", "text")
    (repository / "Pulumi.prod.yaml").write_text(ON_A_SERVER + "\n")
    assert changed_environments.changed("HEAD^1", "HEAD", repository) == []


def test_a_new_environment_is_touched_and_a_removed_one_is_not(repository: Path) -> None:
    commit(repository, "Pulumi.qa.yaml", ON_A_SERVER)
    (repository / "Pulumi.staging.yaml").unlink()
    git(repository, "commit", "--all", "--quiet", "-m", "remove")
    assert changed_environments.changed("HEAD~2", "HEAD", repository) == ["qa"]


@pytest.mark.parametrize(
    "text",
    [
        'config:\n  "monitoring:dockerHost": ssh://deploy@example.com\n',
        "config: {'monitoring:dockerHost': 'ssh://deploy@example.com'}\n",
        '{"config": {"monitoring:dockerHost": "ssh://deploy@example.com"}}\n',
        "config:\n    ? monitoring:dockerHost\n    : ssh://deploy@example.com\n",
        "config:\n  monitoring:dockerHost:\n    ssh://deploy@example.com # the server\n",
        "config:\n  monitoring:config:dockerHost: ssh://deploy@example.com\n",
    ],
)
def test_a_docker_host_is_seen_in_every_style_of_yaml(text: str, repository: Path) -> None:
    (repository / "Pulumi.dev.yaml").write_text(text)
    assert changed_environments.on_servers(repository) == ["dev", "prod", "staging"]


def test_an_encrypted_docker_host_is_an_error_and_no_environment_at_home(repository: Path) -> None:
    text = "config:\n  monitoring:dockerHost:\n    secure: v1:abc\n"
    (repository / "Pulumi.prod.yaml").write_text(text)
    with pytest.raises(CommandError, match=r"monitoring:dockerHost in Pulumi\.prod\.yaml"):
        changed_environments.on_servers(repository)


@pytest.mark.parametrize("base", ["", "0" * 40])
def test_without_a_base_to_compare_with_all_are_touched(base: str, repository: Path) -> None:
    assert changed_environments.changed(base, "HEAD", repository) == ["prod", "staging"]


def test_a_name_that_a_shell_could_take_for_more_is_refused(repository: Path) -> None:
    (repository / "Pulumi.$(id).yaml").write_text(ON_A_SERVER)
    with pytest.raises(CommandError, match="rename it"):
        changed_environments.on_servers(repository)


def test_the_command_prints_them_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str, str]] = []

    def changed(base: str, head: str) -> list[str]:
        asked.append((base, head))
        return ["prod"]

    monkeypatch.setattr(changed_environments, "changed", changed)
    changed_environments.show("main", "HEAD")
    assert capsys.readouterr().out == '["prod"]\n'
    assert asked == [("main", "HEAD")]


def test_only_those_are_backed_up_whose_backups_outlive_the_runner(repository: Path) -> None:
    text = f"{ON_A_SERVER}  monitoring:backups: s3://bucket/folder\n"
    (repository / "Pulumi.prod.yaml").write_text(text)
    assert changed_environments.backed_up(["prod", "staging"], repository) == ["prod"]
