"""A web server in Grafana's network that keeps what is posted to it, and one to be scraped."""

from __future__ import annotations

import json
from typing import Any

from tests.engine import docker, talker
from tests.engine.environment import Environment

# Each post becomes a line of the file that the path's last part names. What came in is printed
# nowhere: Promtail would read it, and an alert on it would come in again.
_KEEP = r"""
mkdir -p /tmp/www/cgi-bin
for name in people slack alive; do
  printf '#!/bin/sh\n{ cat; echo; } >>/tmp/%s\nprintf "Content-Type: text/plain\\r\\n\\r\\nok"\n' \
    "$name" >/tmp/www/cgi-bin/$name
  touch "/tmp/$name"
done
chmod +x /tmp/www/cgi-bin/*
exec httpd -f -p 8080 -h /tmp/www
"""
SERVE = "mkdir /tmp/www; echo 'a_metric 1' >/tmp/www/metrics; exec httpd -f -p 3000 -h /tmp/www"
PEOPLE = "http://receiver:8080/cgi-bin/people"
SLACK = "http://receiver:8080/cgi-bin/slack"
ALIVE = "http://receiver:8080/cgi-bin/alive"


class Receiver:
    """What alerts are sent to: `PEOPLE` and `SLACK` for people, `ALIVE` for the switch."""

    def __init__(self, environment: Environment) -> None:
        network = ("--network", environment.network("grafana"), "--network-alias", "receiver")
        self._container = talker.start(f"{environment.prefix}-receiver", _KEEP, *network)

    def posts(self, path: str = "people") -> list[Any]:
        """Give what was posted, oldest first."""
        lines = docker.docker("exec", self._container, "cat", f"/tmp/{path}")  # noqa: S108 - in its container
        return [json.loads(line) for line in lines.splitlines() if line.strip()]

    def alerts(self, name: str, status: str, **labels: str) -> list[dict[str, Any]]:
        """Give the alerts of a name that came in with a status and labels."""
        return [
            alert
            for post in self.posts()
            for alert in post["alerts"]
            if alert["status"] == status
            and {"alertname": name, **labels}.items() <= alert["labels"].items()
        ]


def backend(environment: Environment) -> str:
    """Start something that can be scraped as `backend:3000`, and give its name."""
    network = ("--network", environment.prefix, "--network-alias", "backend")
    return talker.start(f"{environment.prefix}-backend", SERVE, *network)
