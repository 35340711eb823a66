"""The errors are what Prometheus 3.15 said of targets that were made to have each fault."""

from __future__ import annotations

import pytest

from operate import scrape_errors


@pytest.mark.parametrize(
    ("error", "fix"),
    [
        (
            (
                'Get "http://backend:3000/metrics": dial tcp: lookup backend on 127.0.0.11:53: no'
                " such host"
            ),
            "no container is called 'backend'",
        ),
        (
            (
                'Get "http://127.0.0.1:18998/metrics": dial tcp 127.0.0.1:18998: connect:'
                " connection refused"
            ),
            "nothing listens on that port",
        ),
        ('Get "http://127.0.0.1:18999/slow": context deadline exceeded', "no answer in time"),
        ("server returned HTTP status 404 Not Found", "set the job's `path`"),
        ("server returned HTTP status 401 Unauthorized", "let /metrics pass the guard"),
        ("server returned HTTP status 403 Forbidden", "monitoring:scrapeSecrets"),
        ("server returned HTTP status 500 Internal Server Error", "its own log"),
        (
            (
                'received unsupported Content-Type "application/json; charset=utf-8" and no'
                " fallback_scrape_protocol specified for target"
            ),
            "an interceptor wraps it",
        ),
        ('expected equal, got ":" ("INVALID") while parsing: "{\\"data\\":"', "an interceptor"),
        (
            (
                'received unsupported Content-Type "text/html; charset=utf-8" and no'
                " fallback_scrape_protocol specified for target"
            ),
            "a web page",
        ),
        (
            'expected a valid start token, got "<" ("INVALID") while parsing: "<"',
            "such as the frontend",
        ),
        (
            (
                "non-compliant scrape target sending blank Content-Type and no"
                " fallback_scrape_protocol specified for target"
            ),
            "a Prometheus client library",
        ),
        (
            (
                'Get "https://127.0.0.1:18999/metrics": tls: first record does not look like a TLS'
                " handshake"
            ),
            "`scheme: http`",
        ),
        ("sample limit exceeded", "SamplesRejected"),
        ("something new", ""),
    ],
)
def test_an_error_comes_with_what_fixes_it(error: str, fix: str) -> None:
    found = scrape_errors.fix(error)
    assert fix in found
    assert bool(found) == bool(fix)
