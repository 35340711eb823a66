"""What the engine says of an image that does not come, and what is made of it.

The words were recorded from engines 20.10 and 29 whose registry, or proxy, did what the name says;
tests/engine/test_pulls.py sees most of them again.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bootstrap.progress import CommandError
from setup import image_pull
from setup.image_pull import Attempt, NoRegistryError
from tests.unit.programs import fake

DAEMON = "Error response from daemon: "
HUB = f'{DAEMON}Get "https://registry-1.docker.io/v2/": '
LOCAL = f'{DAEMON}Get "http://localhost:45295/v2/": '
SINCE_29 = f'{DAEMON}failed to resolve reference "localhost:44679/x:1": '
HEAD_29 = f'{SINCE_29}failed to do request: Head "https://localhost:44679/v2/x/manifests/1": '
STATUS_29 = (
    f'{DAEMON}unknown: failed to resolve reference "localhost:44679/x:1": unexpected status from '
    "HEAD request to http://localhost:44679/v2/x/manifests/1: "
)
BODY = "response body: unexpected end of JSON input"

UNREACHABLE = {
    "no such host": f"{HUB}dial tcp: lookup registry-1.docker.io on 10.2.5.53:53: no such host",
    "no network": f"{HUB}dial tcp: lookup registry-1.docker.io on 10.2.5.53:53: dial udp"
    " 10.2.5.53:53: connect: network is unreachable",
    "no route": f'{DAEMON}Get "https://10.1.2.3:5000/v2/": dial tcp 10.1.2.3:5000: connect:'
    " network is unreachable",
    "refused": f"{LOCAL}dial tcp 127.0.0.1:1: connect: connection refused",
    "silent": f"{LOCAL}net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
    "29 no network": f"{HEAD_29}dial tcp: lookup registry-1.docker.io on 10.2.5.53:53: dial udp"
    " 10.2.5.53:53: connect: network is unreachable",
    "29 silent": f"{HEAD_29}net/http: timeout awaiting response headers",
    "silent proxy": f"{HUB}context deadline exceeded",
}
SOMEBODY_ANSWERS = {
    "403": (f'{DAEMON}error parsing HTTP 403 {BODY}: ""', "proxy"),
    "407": (f'{DAEMON}error parsing HTTP 407 {BODY}: ""', "proxy"),
    "429": (f'{DAEMON}error parsing HTTP 429 {BODY}: ""', "docker login"),
    "29 401": (f"{STATUS_29}401 Unauthorized", "docker login"),
    "29 401 basic": (
        (
            f"{SINCE_29}pull access denied, repository does not exist or may require authorization:"
            " authorization failed: no basic auth credentials"
        ),
        "docker login",
    ),
    "29 403": (f"{STATUS_29}403 Forbidden", "proxy"),
    "29 404": (f"{SINCE_29}localhost:44679/x:1: not found", "correct the image"),
    "29 407": (f"{STATUS_29}407 Proxy Authentication Required", "proxy"),
    "29 429": (f"{STATUS_29}429 Too Many Requests", "docker login"),
    "29 denied": (f"{DAEMON}error from registry: denied", "docker login"),
    "29 proxy 403": (f"{HEAD_29}Forbidden", "proxy"),
    "29 proxy 407": (f"{HEAD_29}Proxy Authentication Required", "proxy"),
    "29 proxy 429": (f"{HEAD_29}Too Many Requests", "docker login"),
    "29 proxy refused": (
        f"{HEAD_29}proxyconnect tcp: dial tcp 127.0.0.1:9: connect: connection refused",
        "correct the engine's proxy",
    ),
    "29 disk full": (
        (
            "failed to copy: failed to send write: write /var/lib/docker/containerd/daemon/"
            "io.containerd.content.v1.content/ingest/ac9ec64703fe/data: no space left on device"
        ),
        "docker system df",
    ),
    "403 with a page": (
        (
            f"{DAEMON}error parsing HTTP 403 response body: invalid character '<' looking for "
            'beginning of value: "<html><body>Blocked by proxy policy</body></html>"'
        ),
        "proxy",
    ),
    "proxy 403": (f"{HUB}Forbidden", "proxy"),
    "proxy 407": (f"{HUB}Proxy Authentication Required", "proxy"),
    "proxy 429": (f"{HUB}Too Many Requests", "docker login"),
    "proxy refused": (
        f"{HUB}proxyconnect tcp: dial tcp 127.0.0.1:9: connect: connection refused",
        "correct the engine's proxy",
    ),
    "proxy unknown": (
        (
            f"{HUB}proxyconnect tcp: dial tcp: lookup nosuch.invalid on 10.2.5.53:53: dial udp"
            " 10.2.5.53:53: connect: network is unreachable"
        ),
        "correct the engine's proxy",
    ),
    "certificate": (
        (
            f'{DAEMON}Get "https://10.9.9.9:5000/v2/": x509: cannot validate certificate for '
            "10.9.9.9 because it doesn't contain any IP SANs"
        ),
        "certificate",
    ),
    "limit": (f"{DAEMON}toomanyrequests: You have reached your pull rate limit.", "docker login"),
    "unknown": (f"{DAEMON}manifest unknown", "correct the image"),
    "denied": (f"{DAEMON}denied", "docker login"),
    "401": (f"{DAEMON}unauthorized: authentication required", "docker login"),
    "401 basic": (
        f'{DAEMON}Head "http://localhost:41629/v2/x/manifests/1": no basic auth credentials',
        "docker login",
    ),
    "disk full": (
        "write /var/lib/docker/tmp/GetImageBlob3757894232: no space left on device",
        "docker system df",
    ),
}
UNKNOWN = {
    "404": f'{DAEMON}error parsing HTTP 404 {BODY}: ""',
    "500": f"{DAEMON}received unexpected HTTP status: 500 Internal Server Error",
    "502": f"{DAEMON}received unexpected HTTP status: 502 Bad Gateway",
    "503": f"{DAEMON}received unexpected HTTP status: 503 Service Unavailable",
    "EOF": f"{LOCAL}EOF",
    "29 500": f"{STATUS_29}500 Internal Server Error",
    "29 503": f"{STATUS_29}503 Service Unavailable",
    "29 EOF": f"{HEAD_29}EOF",
    "29 proxy EOF": f"{HEAD_29}unexpected EOF",
    "reset": f"{LOCAL}read tcp 127.0.0.1:34904->127.0.0.1:46051: read: connection reset by peer",
    "proxy 500": f"{HUB}Internal Server Error",
    "proxy 502": f"{HUB}Bad Gateway",
    "proxy EOF": f"{HUB}unexpected EOF",
}


@pytest.mark.parametrize("words", UNREACHABLE.values(), ids=UNREACHABLE)
def test_no_registry_can_be_reached(words: str) -> None:
    found = image_pull.failure("x:1", Attempt(ok=False, said=words))
    assert isinstance(found, NoRegistryError)
    assert words in str(found)


@pytest.mark.parametrize(("words", "way_out"), SOMEBODY_ANSWERS.values(), ids=SOMEBODY_ANSWERS)
def test_a_known_cause_is_said_with_the_way_out_and_not_tried_again(
    words: str, way_out: str
) -> None:
    attempt = Attempt(ok=False, said=words)
    found = image_pull.failure("x:1", attempt)
    assert isinstance(found, CommandError)
    assert words in str(found)
    assert way_out in str(found)
    assert not attempt.may_pass


@pytest.mark.parametrize("words", UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_cause_is_an_error_with_the_engines_words(words: str) -> None:
    attempt = Attempt(ok=False, said=words)
    assert attempt.may_pass
    found = image_pull.failure("x:1", attempt)
    assert isinstance(found, CommandError)
    assert words in str(found)


def test_a_registry_that_answered_can_be_reached_whatever_came_after() -> None:
    said = 'Get "https://layers.example/x": dial tcp: lookup layers.example: no such host'
    found = image_pull.failure("x:1", Attempt(ok=False, said=said, answered=True))
    assert isinstance(found, CommandError)


def test_what_may_pass_is_tried_once_more(
    on_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fake(
        on_path,
        "docker",
        f"[ -e $0.failed ] && exit; : > $0.failed; echo '{UNKNOWN['EOF']}'; exit 1",
    )
    image_pull.pull("x:1")
    assert "EOF), trying once more" in capsys.readouterr().err


def test_the_engines_error_is_read_also_where_a_line_follows_it(on_path: Path) -> None:
    fake(on_path, "docker", f"echo '{DAEMON}error from registry: denied'; echo denied; exit 1")
    with pytest.raises(CommandError, match="error from registry: denied"):
        image_pull.pull("x:1")


def test_what_cannot_pass_is_not_tried_again(on_path: Path) -> None:
    words = UNREACHABLE["no such host"]
    fake(on_path, "docker", f"[ -e $0.failed ] && exit; : > $0.failed; echo '{words}'; exit 1")
    with pytest.raises(NoRegistryError):
        image_pull.pull("x:1")


def test_a_silent_engine_is_given_up(on_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(on_path, "docker", "exec /bin/sleep 60")
    monkeypatch.setattr(image_pull, "FIRST_WORD_SECONDS", 0.2)
    with pytest.raises(NoRegistryError, match="no word within"):
        image_pull.pull("x:1")


def test_after_the_first_word_a_pull_may_be_slow(
    on_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(on_path, "docker", "echo '1: Pulling from x'; exec /bin/sleep 0.6")
    monkeypatch.setattr(image_pull, "FIRST_WORD_SECONDS", 0.3)
    image_pull.pull("x:1")
