"""The state's passphrase and Grafana's password: from the environment, else generated once.

Generated ones lie in files that only the user can read.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from bootstrap.progress import CommandError, note
from stack.settings import formats


def passphrase_environment(*, encrypted: bool) -> dict[str, str]:
    """Return the variables by which Pulumi finds the passphrase. Raises `CommandError`.

    `encrypted` tells that the stack's configuration has been encrypted before: a new
    passphrase could not open it.
    """
    if "PULUMI_CONFIG_PASSPHRASE" in os.environ:
        return {"PULUMI_CONFIG_PASSPHRASE": os.environ["PULUMI_CONFIG_PASSPHRASE"]}
    given = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if given:
        if not Path(given).is_file():
            raise CommandError(
                f"PULUMI_CONFIG_PASSPHRASE_FILE names {given}, which is not a file: correct the "
                "path, or unset the variable to have a passphrase generated."
            )
        return {"PULUMI_CONFIG_PASSPHRASE_FILE": given}
    file = secrets_folder() / "passphrase"
    if encrypted and not file.exists():
        raise CommandError(
            f"this stack's secrets are encrypted with a passphrase that is not here: put it into "
            f"{file} (mode 0600), or set PULUMI_CONFIG_PASSPHRASE."
        )
    kept(file)
    return {"PULUMI_CONFIG_PASSPHRASE_FILE": str(file)}


def grafana(stack: str) -> str:
    """Return the first password of Grafana's administrator. Raises `CommandError`."""
    password = os.environ.get("GRAFANA_ADMIN_PASSWORD")
    if password is None:
        return kept(secrets_folder() / stack / "grafana-admin-password")
    try:
        return str(formats.PASSWORD.parse(password))
    except ValueError:
        raise CommandError(f"GRAFANA_ADMIN_PASSWORD must be {formats.PASSWORD.must_be}.") from None


def secrets_folder() -> Path:
    """Return the user's folder for the passphrase and the passwords; it may not exist yet."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "docker-monitoring"


def kept(file: Path) -> str:
    """Return the secret in a file; it is generated, with the file, the first time."""
    for folder in (file.parent, secrets_folder()):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    try:
        # The mode is given at creation: the secret is at no time readable by others.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        file.chmod(0o600)
        secret = file.read_text().strip()
        if not secret:
            raise CommandError(
                f"{file} is empty: write the secret into it, or delete it."
            ) from None
        return secret
    secret = secrets.token_urlsafe(24)
    with os.fdopen(descriptor, "w") as output:
        output.write(secret + "\n")
    note(f"generated {file} (only you can read it)")
    return secret
