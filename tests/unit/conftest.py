from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from stack.settings import loading
from stack.settings.model import Settings

Read = Callable[..., Settings]


@pytest.fixture
def read() -> Read:
    """Read settings as `Pulumi.dev.yaml` would give them, secrets included."""

    def read(values: Mapping[str, Any] | None = None, **secrets: Any) -> Settings:
        given = {"grafanaAdminPassword": "correct horse", **(values or {}), **secrets}
        return loading.parse("dev", given, is_secret=lambda _key: True)

    return read
