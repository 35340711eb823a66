"""The settings as a page for people, and as a schema for editors.

`python -m stack.settings.reference` writes both where they belong.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stack.settings.declaration import Setting, Shape, settings
from stack.settings.model import Settings

_ROOT = Path(__file__).parents[2]
PAGE = _ROOT / "docs" / "settings.md"
EDITOR_SCHEMA = _ROOT / "docs" / "settings.schema.json"

# As `pulumi config set --secret` writes it.
_ENCRYPTED = {"type": "object", "properties": {"secure": {"type": "string"}}}


def page() -> str:
    """Return docs/settings.md: every setting and secret, below `monitoring:`."""
    return f"""# Settings

Made by `python -m stack.settings.reference` of what `stack/settings/` declares. Each key is written
below `config:` in `Pulumi.<stack>.yaml`, the first part with `monitoring:` before it:

```yaml
# yaml-language-server: $schema=docs/settings.schema.json
config:
  monitoring:prometheus:
    scrapeInterval: 30s
```

The first line lets editors complete and check the file. The same value set by the CLI:
`pulumi config set --path monitoring:prometheus.scrapeInterval 30s`.

{_table(secret=False)}
## Secrets

Always encrypted: `pulumi config set --secret --path 'monitoring:<key>'` asks for the value.

{_table(secret=True)}"""


def editor_schema() -> dict[str, Any]:
    """Return a JSON Schema of `Pulumi.<stack>.yaml`, for completion and checks while typing."""
    properties: dict[str, Any] = _object(Settings, "monitoring:")["properties"]
    # Other namespaces are other programs'.
    config = {
        "type": "object",
        "properties": properties,
        "propertyNames": {
            "anyOf": [{"enum": list(properties)}, {"pattern": "^(?!monitoring:)[^:]+:"}]
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An environment of the monitoring stack",
        "type": "object",
        "properties": {"config": config},
    }


def _object(cls: type, prefix: str = "") -> dict[str, Any]:
    declared = settings(cls)
    required = [setting.key for setting in declared if setting.is_required]
    return {
        "type": "object",
        "properties": {
            f"{prefix}{each.key}": {**_schema(each), "description": each.doc} for each in declared
        },
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _schema(setting: Setting) -> dict[str, Any]:
    if setting.group:
        one = _object(setting.group)
    elif setting.is_secret:
        one = _ENCRYPTED
    else:
        one = dict(setting.form.schema) if setting.form else {}
    if setting.shape is Shape.LIST:
        return {"type": "array", "items": one}
    if setting.shape is Shape.MAPPING:
        names = dict(setting.keys.schema) if setting.keys else {}
        return {"type": "object", "additionalProperties": one, "propertyNames": names}
    return one if setting.default in (None, "") else {**one, "default": setting.example}


def _table(*, secret: bool) -> str:
    """Return a Markdown table of the settings: key below `monitoring:`, default, meaning."""
    head = ["| key | default | meaning |", "| --- | --- | --- |"]
    rows = [row for each in settings(Settings) if each.is_secret is secret for row in _rows(each)]
    return "\n".join([*head, *rows]) + "\n"


def _rows(setting: Setting, prefix: str = "") -> Iterator[str]:
    key = f"{prefix}{setting.key}"
    if setting.group:
        is_list = setting.shape is Shape.LIST
        if is_list:
            yield f"| `{key}` | none | {setting.doc} Each has: |"
        for each in settings(setting.group):
            yield from _rows(each, f"{key}{'[]' * is_list}.")
    else:
        name = ".<name>" if setting.is_secret and setting.shape is Shape.MAPPING else ""
        yield f"| `{key}{name}` | {_default(setting)} | {setting.doc} |"


def _default(setting: Setting) -> str:
    if setting.is_required:
        return "required"
    if setting.default in (None, ""):
        return "none"
    shown = str(setting.default)
    return f"`{shown.lower() if isinstance(setting.default, bool) else shown}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    EDITOR_SCHEMA.write_text(json.dumps(editor_schema(), indent=2) + "\n", encoding="utf-8")
