"""How fast lines get from a container through the real Promtail into the real Loki.

`python -m tests.benchmarks.log_pipeline [lines]` prints, for each kind of line, with and without
the pipeline, the lines per second and the CPU time that Promtail spent per line. It needs the
images of the engine tests, and a Linux host, since it reaches the containers by their addresses.
"""

from __future__ import annotations

import json
import re
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stack.configs import CONFIGS, dump_yaml
from stack.services import promtail
from stack.settings import loading
from tests.engine import docker
from tests.engine.environment import ROOT
from tests.engine.log_samples import ACCESS, TEXT
from tests.engine.waiting import eventually

_MESSAGE = "Order %d was shipped to the address in the file, 12 items, 99.90 EUR"
_PINO_HTTP = (
    '{"level":30,"time":1795532307139,"pid":1,"hostname":"a1b2","req":{"id":%d,"method":"GET",'
    '"url":"/api/items?page=2","headers":{"host":"shop","authorization":"Bearer a1b2.c3d4",'
    '"cookie":"sid=s3cret; theme=dark","user-agent":"Mozilla/5.0"}},"res":{"statusCode":200,'
    '"headers":{"content-type":"application/json"}},"responseTime":3,"msg":"request completed"}'
)
KINDS = {
    "Nest's JSON": '{"level":"log","pid":1,"timestamp":1795532307139,'
    f'"message":"{_MESSAGE}","context":"OrderService"}}',
    "Nest's text": TEXT.replace("%s", "    LOG").replace("Hello", _MESSAGE),
    "nginx' access log": ACCESS.replace("%d", "200").replace("items", "items?page=%d"),
    "pino-http, with secrets": _PINO_HTTP,
}
PREFIX = f"bench-{secrets.token_hex(3)}"


def configuration(*, pipeline: bool) -> str:
    """Give Promtail's configuration for the benchmark's own containers."""
    values = {
        "grafanaAdminPassword": "correct horse",
        "logs": {"includeNames": [f"{PREFIX}-lines.*"]},
    }
    content = promtail.configuration(loading.parse("b", values, is_secret=lambda _key: True))
    if not pipeline:
        del content["scrape_configs"][0]["pipeline_stages"]
    return dump_yaml(content)


def run(name: str, image: str, *arguments: str) -> str:
    """Start a container in the benchmark's network and give its address."""
    docker.docker(
        *("run", "--detach", "--name", f"{PREFIX}-{name}", "--network", PREFIX),
        *("--network-alias", name, "--user", "0:0", *arguments[:-2]),
        *("--entrypoint", arguments[-2], image, *arguments[-1].split()),
    )
    networks = docker.inspect(f"{PREFIX}-{name}")["NetworkSettings"]["Networks"]
    return str(networks[PREFIX]["IPAddress"])


def answer(url: str) -> str:
    """Get a URL of a container."""
    with urllib.request.urlopen(url, timeout=30) as response:  # noqa: S310 - a container's address
        return str(response.read().decode())


def stored(loki: str, container: str) -> int:
    """Give how many lines of a container Loki has."""
    query = urllib.parse.quote(f'sum(count_over_time({{container="{container}"}}[1h]))')
    result = json.loads(answer(f"http://{loki}:3100/loki/api/v1/query?query={query}"))
    found: list[Any] = result["data"]["result"]
    return int(found[0]["value"][1]) if found else 0


def cpu_seconds(address: str) -> float:
    """Give the CPU time that Promtail has spent."""
    text = answer(f"http://{address}:9080/metrics")
    match = re.search(r"^process_cpu_seconds_total (\S+)", text, re.MULTILINE)
    assert match, text
    return float(match[1])


def measure(images: dict[str, str], folder: Path, loki: str, count: int) -> str:
    """Print the lines of a file in a container, and give how long they take to be in Loki."""
    name = f"lines-{secrets.token_hex(3)}"
    files = ("-v", f"{folder}:/b:ro")
    engine = ("-v", "/var/run/docker.sock:/var/run/docker.sock", "-v", "/var/lib/promtail")
    options = "-config.file=/b/promtail.yml"
    address = run("promtail", images["promtail"], *files, *engine, "promtail", options)
    eventually(lambda: cpu_seconds(address) > 0, seconds=60, what="Promtail")
    before, start = cpu_seconds(address), time.monotonic()
    run(name, images["prometheus"], *files, "tail", "-n +1 -f /b/lines")
    eventually(
        lambda: stored(loki, f"{PREFIX}-{name}") == count, seconds=600, what="all lines in Loki"
    )
    seconds, cpu = time.monotonic() - start, cpu_seconds(address) - before
    for each in ("promtail", name):
        docker.docker("rm", "--force", "--volumes", f"{PREFIX}-{each}")
    return f"{count / seconds:,.0f} lines/s, {cpu / count * 1e6:.0f} µs"


@contextmanager
def loki(image: str) -> Iterator[str]:
    """Run a Loki in a network of its own, and give its address."""
    docker.docker("network", "create", PREFIX)
    try:
        mount = ("-v", f"{CONFIGS}/loki:/c:ro")
        address = run("loki", image, *mount, "/usr/bin/loki", "-config.file=/c/loki.yml")
        eventually(lambda: answer(f"http://{address}:3100/ready"), seconds=60, what="Loki")
        yield address
    finally:
        docker.remove_all(PREFIX)


def main() -> None:
    """Print the table of docs/logs.md."""
    count = int(sys.argv[1]) if sys.argv[1:] else 200_000
    images = json.loads((ROOT / ".tools/images.json").read_text())
    load = subprocess.run(["uptime"], capture_output=True, text=True, check=True).stdout
    print(f"{count} lines at once; {load.strip()}\n")
    print("| line | no pipeline | the pipeline |\n| --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name, loki(images["loki"]) as address:
        folder = Path(name)
        for kind, line in KINDS.items():
            folder.joinpath("lines").write_text("".join(f"{line % i}\n" for i in range(count)))
            cells = [kind]
            for pipeline in (False, True):
                folder.joinpath("promtail.yml").write_text(configuration(pipeline=pipeline))
                cells.append(measure(images, folder, address, count))
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
