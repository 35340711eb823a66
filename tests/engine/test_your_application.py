"""docs/your-application.md, done from top to bottom with what `nest new` makes."""

from __future__ import annotations

import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from lab import cache
from operate import example
from setup import docker_compose
from tests.engine import docker
from tests.engine.conftest import MakeEnvironment
from tests.engine.environment import ROOT, Environment, free_port
from tests.engine.waiting import eventually
from tests.engine.walkthrough import Block, Shell, blocks

PAGE = ROOT / "docs" / "your-application.md"
REQUESTS = 25
NODE = "monitoring-example/node:test"
OWN_ROUTE = """
import { Controller, Get, Header } from '@nestjs/common';
@Controller()
export class AppController {
  @Get('metrics')
  @Header('Content-Type', 'text/plain')
  metrics(): string {
    return 'of_its_own 1\\n';
  }
}
"""


@dataclass
class Reader:
    """Somebody who follows the page beside an environment of a test."""

    environment: Environment
    shell: Shell
    job: str
    port: int
    found: list[Block]
    done: int = 0

    def follow(self, section: str) -> str:
        """Do all that the page says up to the end of a section; return what that printed last."""
        last = max(i for i, block in enumerate(self.found) if block.section == section)
        said = ""
        for block in self.found[self.done : last + 1]:
            said = self._do(block)
        self.done = last + 1
        return said

    def _do(self, block: Block) -> str:
        if block.language == "sh":
            return self.shell.run(block.text)
        if block.path.startswith("Pulumi."):
            config = yaml.safe_load(block.text)["config"]
            self.environment.configure(
                **{k.removeprefix("monitoring:"): v for k, v in config.items()}
            )
        else:
            self.shell.write(block.path, block.text)
        return ""

    def status(self, path: str, **headers: str) -> int:
        """Ask the application for a path; return the HTTP status, or 0 without an answer."""
        request = urllib.request.Request(f"http://localhost:{self.port}{path}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - the test's
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0

    def counted(self) -> float | None:
        """Return how many requests Prometheus has of the job, as Grafana answers."""
        query = f'sum(http_request_duration_seconds_count{{job="{self.job}"}})'
        return self.environment.grafana().metric(query)


@pytest.fixture(scope="module")
def reader(
    make_environment: MakeEnvironment,
    images: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Reader]:
    """Begin to read, in a folder of its own."""
    environment = make_environment()
    environment.up().succeeded()
    folder = tmp_path_factory.mktemp("reader")
    job, port = f"shop-{environment.name}", free_port()
    node = _node(images, folder)
    ours = {
        "docker compose": " ".join(docker_compose.command()),
        "monitoring-dev": environment.prefix,
        "shop-backend": job,
        "shop-older": f"{job}-older",
        "8081": str(port),
        "localhost:9090": f"localhost:{environment.setting('prometheus', 'port')}",
        "FROM node:22-bookworm-slim": f"FROM {node}",
        "cd ..\n": f"cd '{folder}'\n",
        'cd "$MONITORING"\neval "$(make -s env)"\n': f"cd '{environment.project}'\n",
        "--stack dev": f"--stack {environment.name}",
    }
    page = PAGE.read_text()
    for theirs, our in ours.items():
        assert theirs in page
        page = page.replace(theirs, our)
    variables = {
        **environment.variables(),
        **example.bases(images),
        "COMPOSE_PROJECT_NAME": job,
        "PATH": f"{_programs(folder, node)}{os.pathsep}{os.environ['PATH']}",
    }
    yield Reader(environment, Shell(folder, ROOT, variables), job, port, list(blocks(page)))
    docker.remove_all(job)
    docker.docker("image", "rm", "--force", job, f"{job}-{job}", check=False)


def _node(images: dict[str, str], folder: Path) -> str:
    """Return an image with Node.js that trusts whom this machine's npm trusts."""
    base = example.bases(images).get("NODE_IMAGE", "node:22-bookworm-slim")
    extra = os.environ.get("NODE_EXTRA_CA_CERTS")
    if not extra:
        return base
    shutil.copy(extra, folder / "extra-ca.crt")
    recipe = f"FROM {base}\nCOPY extra-ca.crt /\nENV NODE_EXTRA_CA_CERTS=/extra-ca.crt\n"
    (folder / "Dockerfile").write_text(recipe)
    docker.docker("build", "--tag", NODE, str(folder))
    return NODE


def _programs(folder: Path, node: str) -> Path:
    """Return a folder with npm and npx in a container: the machine may have none, or old ones."""
    kept = cache.directory().parent / "npm"
    kept.mkdir(parents=True, exist_ok=True)
    run = (
        f"exec docker run --rm --user {os.getuid()}:{os.getgid()} --volume {folder}:{folder}"
        f" --volume {ROOT}:{ROOT}:ro --volume {kept}:/npm --env npm_config_cache=/npm"
        ' --env HOME=/tmp --workdir "$PWD"'
    )
    programs = folder / "programs"
    programs.mkdir()
    for name in ("npm", "npx"):
        (programs / name).write_text(f'#!/bin/sh\n{run} {node} {name} "$@"\n')
        (programs / name).chmod(0o755)
    return programs


def test_all_requests_to_a_new_application_are_seen_in_grafana(reader: Reader) -> None:
    reader.follow("4. Have it scraped")
    assert reader.follow("5. See it")
    grafana = reader.environment.grafana()
    eventually(lambda: reader.counted() == REQUESTS, seconds=20, what="all requests")
    series = f'http_request_duration_seconds_count{{job="{reader.job}",route="/"}}'
    growth = f"sum(max_over_time({series}[5m]) - min_over_time({series}[5m]))"
    assert grafana.metric(growth) == REQUESTS
    lines = grafana.lines(f'{{service="{reader.job}",level="info"}} |= `successfully started`')
    assert len(lines) == 1


def test_a_guard_refuses_everybody_but_prometheus(reader: Reader) -> None:
    docker.remove_all(reader.job)
    reader.follow("Without Docker Compose")
    eventually(lambda: reader.status("/") == 401, seconds=20, what="a request refused")
    assert reader.status("/", Authorization="Bearer example") == 200
    eventually(lambda: reader.counted() == 2, seconds=20, what="both requests counted")


def test_a_route_of_its_own_passes_the_guard_and_a_running_container_is_joined(
    reader: Reader,
) -> None:
    docker.remove_all(reader.job)
    reader.shell.write("src/app.controller.ts", OWN_ROUTE)
    reader.shell.run("sed -i '/exposeMetrics/d' src/main.ts")
    reader.shell.run(f"docker build --tag {reader.job} .")
    reader.follow("A container that runs already")
    own = f'of_its_own{{job="{reader.job}"}}'
    grafana = reader.environment.grafana()
    eventually(lambda: grafana.metric(own) == 1, seconds=20, what="the route's own metric")
