"""The environments' files."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from operate import environments


@pytest.mark.parametrize("text", ["config: [", "config: [a]", "text"])
def test_a_file_that_is_none_of_pulumis_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(text)
    with pytest.raises(CommandError, match=r"Pulumi\.dev\.yaml is not"):
        environments.settings("dev", tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "encryptionsalt: v1:salt\n",
        "{'encryptionsalt': 'v1:salt'}",
        "config:\n  a: |\n    b\n? encryptionsalt\n: x",
    ],
)
def test_secrets_are_seen_in_every_style_of_yaml(text: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(text)
    assert environments.has_secrets("dev", tmp_path)


@pytest.mark.parametrize("text", ["", "config:\n  a: |\n    x\n\n    encryptionsalt: x\n"])
def test_a_file_without_secrets_is_seen_as_such(text: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(text)
    assert not environments.has_secrets("dev", tmp_path)
    assert not environments.has_secrets("none", tmp_path)


def test_an_unknown_environment_is_named_with_the_known_and_the_way_to_make_it(
    tmp_path: Path,
) -> None:
    for name in ("staging", "dev"):
        (tmp_path / f"Pulumi.{name}.yaml").touch()
    with pytest.raises(CommandError) as error:
        environments.must_exist("prdo", tmp_path)
    assert str(error.value) == (
        "there is no environment 'prdo', only dev, staging. To make it: make new-env NAME=prdo"
    )


def test_where_backups_go_must_be_readable_without_the_passphrase(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text("config:\n  monitoring:backups: s3://bucket/folder\n")
    assert environments.backups("prod", tmp_path) == "s3://bucket/folder"
    file.write_text("config: {}")
    assert environments.backups("prod", tmp_path) == ""
    file.write_text("config:\n  monitoring:backups: {secure: v1:x}\n")
    with pytest.raises(CommandError, match=r"pulumi config set monitoring:backups s3://"):
        environments.backups("prod", tmp_path)
