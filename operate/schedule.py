"""Prints what runs the backup of an environment every night: a systemd timer, or a cron line."""

from __future__ import annotations

import getpass
import shlex
from pathlib import Path

from bootstrap.paths import ROOT
from operate import environments
from operate.archive import SUFFIX
from setup.command import STACK, Command
from stack.settings.model import prefix

_KEPT_DAYS = 14
_UNITS = """\
# /etc/systemd/system/{name}.service
[Unit]
Description=Backup of the monitoring of {stack}, and a rehearsal of its restore
[Service]
Type=oneshot
User={user}
WorkingDirectory={folder}
# PULUMI_CONFIG_PASSPHRASE=…, AWS_ACCESS_KEY_ID=…, as needed; for root's eyes only
EnvironmentFile=-/etc/{name}.env
{commands}

# /etc/systemd/system/{name}.timer
[Timer]
OnCalendar=*-*-* 03:00
Persistent=true
[Install]
WantedBy=timers.target

# Start it: systemctl daemon-reload && systemctl enable --now {name}.timer
# Or with cron:
# 0 3 * * * cd {quoted} && {line}"""


def schedule(stack: str) -> None:
    """Print a systemd timer and a cron line that back up an environment, and rehearse it."""
    print(text(stack, getpass.getuser(), ROOT, environments.backups(stack)))


COMMAND = Command("schedule", schedule, (STACK,))


def text(stack: str, user: str, folder: Path, store: str) -> str:
    """Return the units and the cron line; without a `store` they also delete what is old."""
    commands = [f"make backup STACK={stack}", f"make rehearse STACK={stack}"]
    if not store:
        commands += [f'find backups -name "{stack}-2*{SUFFIX}" -mtime +{_KEPT_DAYS} -delete']
    return _UNITS.format(
        name=f"{prefix(stack)}-backup",
        stack=stack,
        user=user,
        folder=folder,
        quoted=shlex.quote(str(folder)),
        commands="\n".join(f"ExecStart={each}" for each in commands),
        line=" && ".join(commands),
    )
