from __future__ import annotations

import yaml

from stack import reference
from tests.unit.test_settings import ROOT


def test_the_schema_in_the_project_file_is_the_one_of_the_settings() -> None:
    content = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))
    assert content["config"] == reference.schema()


def test_the_table_in_the_readme_is_the_one_of_the_settings() -> None:
    assert reference.table() in (ROOT / "README.md").read_text(encoding="utf-8")
