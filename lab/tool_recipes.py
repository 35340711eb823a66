"""What the lab builds for this machine, and from what: Pulumi, checkers, a Docker engine.

Likewise Go modules from the module proxy (`recipes.py`).
"""

from __future__ import annotations

from lab.recipe import Copy, Program

_PULUMI_SDK = "github.com/pulumi/pulumi/sdk/v3"

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

VERSITYGW = Program(
    name="versitygw",
    version="1.8.0",
    module="github.com/versity/versitygw@v1.8.0",
    binaries={"versitygw": "github.com/versity/versitygw/cmd/versitygw"},
    cold="2 minutes",
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

TOOLS = (PULUMI, LANGUAGE_HOST, DOCKER_PROVIDER, COMPOSE, ACTIONLINT, VERSITYGW, DOCKERD, RUNC)
