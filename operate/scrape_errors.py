"""What an error of a scrape means, and the line that fixes it.

The errors are those of Prometheus 3 (`lastError` on its page of targets).
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from stack.docker import engine

_UNKNOWN_NAME = r"lookup (\S+) on .*: (?:no such host|server misbehaving)"
_FIXES = {
    _UNKNOWN_NAME: (
        "no container is called '{0}' in a network that Prometheus is in: let it join the stack's"
        " network, or name its own in monitoring:appNetworks, and `pulumi up`"
    ),
    "connection refused": (
        "nothing listens on that port: is the port in `targets` the one inside the container, and"
        " does the program listen on 0.0.0.0?"
    ),
    "context deadline exceeded|i/o timeout|no route to host": (
        "no answer in time: the program hangs, or a firewall is in the way"
    ),
    "HTTP status 404": (
        "there are no metrics at that address: a global prefix or a version moves them; set the"
        " job's `path`, such as /api/metrics"
    ),
    "HTTP status (?:401|403)": (
        "it is guarded: let {path} pass the guard, or set the job's `auth` and its secret in"
        " monitoring:scrapeSecrets"
    ),
    "HTTP status 5": "the program fails to answer: its own log says why",
    r'Content-Type "application/json|parsing: "\{': (
        "the answer is JSON: an interceptor wraps it; leave {path} out of it"
    ),
    'Content-Type "text/html|parsing: "<': (
        "the answer is a web page: the port or the `path` is that of something else, such as the"
        " frontend"
    ),
    "Content-Type": "the answer is not what a Prometheus client library gives",
    "tls: first record|HTTP response to HTTPS client": "it does not speak TLS: `scheme: http`",
    "HTTP status 400": "it may want TLS: `scheme: https`",
    "certificate": "its certificate is not one that Prometheus trusts",
    "limit exceeded|exceeds limit|over.*limit": "docs/runbooks/SamplesRejected.md",
}


def explained(error: str, url: str, network: str = "", host: str = "") -> str:
    """Return a scrape's error after what it means and what to do, where that is known.

    `url` is what was scraped. Where the name is unknown, the engine at `host` is asked for a
    container that has it and is not in `network`, the stack's.
    """
    advice = _network_advice(error, network, host) if host else ""
    advice = advice or fix(error, urlsplit(url).path)
    return f"{advice} (Prometheus says: {error})" if advice else error


def fix(error: str, path: str = "/metrics") -> str:
    """Return what to do about a scrape's error, or nothing where it is not known."""
    for pattern, text in _FIXES.items():
        if found := re.search(pattern, error):
            return text.format(*found.groups(), path=path)
    return ""


def _network_advice(error: str, network: str, host: str) -> str:
    unknown = re.search(_UNKNOWN_NAME, error)
    if not unknown:
        return ""
    name = unknown[1]
    shown = '{{.Names}}\t{{.Label "com.docker.compose.service"}}\t{{.Networks}}'
    try:
        running = engine.ask(host, "ps", "--format", shown)
    except (engine.EngineError, OSError):
        return ""
    for line in running:
        container, service, networks = line.split("\t")
        if name in (container, service) and network not in networks.split(","):
            own = networks.split(",")[0]
            join = f"docker network connect --alias {name} {network} {container}"
            return (
                f"no container is called '{name}' in a network that Prometheus is in. If"
                f" {container} is meant, let it join: `{join}` (and in its compose file, so that it"
                f" lasts), or set monitoring:appNetworks: [{own}]"
            )
    return ""
