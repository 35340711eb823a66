"""The settings as a page for people, as a schema for the CLI, and as one for editors.

`python -m stack.reference` writes the page and the editors' schema where they belong.
"""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path

from stack import alerts
from stack.encrypted import ALERT_SECRETS, PASSWORD, SCRAPE_SECRETS
from stack.reading import camel, fields
from stack.settings import Settings

_ROOT = Path(__file__).parent.parent
PAGE = _ROOT / "docs" / "settings.md"
EDITOR_SCHEMA = _ROOT / "docs" / "settings.schema.json"

_SECRETS = {
    PASSWORD: "The password of Grafana's `admin`, at least 8 characters; required.",
    f"{SCRAPE_SECRETS}.<job>": "The password or token of a job with `auth`.",
    f"{ALERT_SECRETS}.webhookUrl": "Where alerts are sent ([alerts.md](alerts.md)).",
    f"{ALERT_SECRETS}.slackUrl": "A Slack webhook that alerts are sent to.",
    f"{ALERT_SECRETS}.deadMansSwitchUrl": "Pinged for as long as alerts could be sent.",
    f"{ALERT_SECRETS}.smtpPassword": "The password of `alerts.mail.user`.",
}
# As `pulumi config set --secret` writes it.
_ENCRYPTED = {"type": "object", "properties": {"secure": {"type": "string"}}}
_NOTHING = (None, "", (), dataclasses.MISSING)


def page() -> str:
    """Give docs/settings.md: every setting and secret, below `monitoring:`."""
    secrets = [f"| `{key}` | {doc} |" for key, doc in _SECRETS.items()]
    return f"""# Settings

Made by `python -m stack.reference` of what `stack/` declares. Each key is written below `config:`
in `Pulumi.<stack>.yaml`, the first part with `monitoring:` before it:

```yaml
# yaml-language-server: $schema=docs/settings.schema.json
config:
  monitoring:prometheus:
    scrapeInterval: 30s
```

The first line lets editors complete and check the file. The same value set by the CLI:
`pulumi config set --path monitoring:prometheus.scrapeInterval 30s`.

{table()}
## Secrets

Always encrypted: `pulumi config set --secret --path 'monitoring:<key>'` asks for the value.

| key | meaning |
| --- | --- |
{chr(10).join(secrets)}
"""


def editor_schema() -> dict[str, typing.Any]:
    """Give a JSON Schema of `Pulumi.<stack>.yaml`, for completion and checks while typing."""
    own = _object(Settings, "monitoring:")
    properties: dict[str, typing.Any] = own["properties"]
    properties[f"monitoring:{PASSWORD}"] = _ENCRYPTED
    properties[f"monitoring:{SCRAPE_SECRETS}"] = {
        "type": "object",
        "additionalProperties": _ENCRYPTED,
    }
    properties[f"monitoring:{ALERT_SECRETS}"] = {
        "type": "object",
        "properties": dict.fromkeys(alerts.SECRETS, _ENCRYPTED),
    }
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


def _object(cls: type, prefix: str = "") -> dict[str, typing.Any]:
    types = typing.get_type_hints(cls)
    declared = list(fields(cls))
    found = {
        "type": "object",
        "properties": {
            f"{prefix}{camel(field.name)}": {
                **_schema(types[field.name], field),
                "description": field.metadata["doc"],
            }
            for field in declared
        },
        "additionalProperties": False,
    }
    required = [camel(field.name) for field in declared if _is_required(field)]
    return {**found, "required": required} if required else found


def _schema(kind: typing.Any, field: dataclasses.Field[typing.Any]) -> dict[str, typing.Any]:
    form = field.metadata["form"]
    origin = typing.get_origin(kind)
    item = typing.get_args(kind)[0] if origin is tuple else kind
    one = dict(form.schema) if form else _object(item)
    if origin is tuple:
        return {"type": "array", "items": one}
    if origin is Mapping:
        return {
            "type": "object",
            "additionalProperties": one,
            "propertyNames": dict(field.metadata["keys"].schema),
        }
    default = field.default
    if isinstance(default, bool | int | float):
        return {**one, "default": default}
    return {**one, "default": str(default)} if default not in _NOTHING else one


def table() -> str:
    """Give a Markdown table of every setting: its key below `monitoring:`, default, meaning."""
    rows = ["| key | default | meaning |", "| --- | --- | --- |", *_rows(Settings, "")]
    return "\n".join(rows) + "\n"


def schema() -> dict[str, typing.Any]:
    """Give the config schema of Pulumi.yaml, with which the CLI checks the types first.

    Secrets are not in it: of a missing one the program says how to set it, and the CLI would not.
    """
    types = typing.get_type_hints(Settings)
    return {camel(field.name): _declaration(types[field.name], field) for field in fields(Settings)}


def _declaration(kind: typing.Any, field: dataclasses.Field[typing.Any]) -> dict[str, typing.Any]:
    described = {"description": field.metadata["doc"]}
    if typing.get_origin(kind) is tuple:
        item = "string" if field.metadata["form"] else "object"
        return {"type": "array", "items": {"type": item}, **described, "default": []}
    if kind in (str, bool):
        name = {str: "string", bool: "boolean"}[kind]
        return {"type": name, **described, "default": field.default}
    return {"type": "object", **described, "default": {}}


def _rows(cls: type, prefix: str) -> Iterator[str]:
    types = typing.get_type_hints(cls)
    for field in fields(cls):
        kind, key = types[field.name], f"{prefix}{camel(field.name)}"
        item = typing.get_args(kind)[0] if typing.get_origin(kind) is tuple else kind
        if dataclasses.is_dataclass(item) and not field.metadata["form"]:
            if item is not kind:
                yield f"| `{key}` | none | {field.metadata['doc']} Each has: |"
            yield from _rows(typing.cast("type", item), f"{key}{'[]' * (item is not kind)}.")
        else:
            yield f"| `{key}` | {_default(field)} | {field.metadata['doc']} |"


def _default(field: dataclasses.Field[typing.Any]) -> str:
    if _is_required(field):
        return "required"
    if field.default in _NOTHING:
        return "none"
    shown = str(field.default)
    return f"`{shown.lower() if isinstance(field.default, bool) else shown}`"


def _is_required(field: dataclasses.Field[typing.Any]) -> bool:
    return field.default is field.default_factory is dataclasses.MISSING


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    EDITOR_SCHEMA.write_text(json.dumps(editor_schema(), indent=2) + "\n", encoding="utf-8")
