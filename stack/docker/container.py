"""Realises a described service as a Docker container.

The forms of the values are those that the engine gives back, so that a preview after a refresh
finds nothing to change.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_docker as docker

from stack.service import Health, Service
from stack.settings.logs import ContainerLogs

_HALF_OF_THE_DEFAULT = 512


def container(  # noqa: PLR0913 - each says one thing
    service: Service,
    *,
    prefix: str,
    image: docker.RemoteImage,
    networks: list[docker.Network],
    volumes: Mapping[str, docker.Volume],
    logs: ContainerLogs,
    opts: pulumi.ResourceOptions,
) -> docker.Container:
    """Declare the container of a service; `volumes` are the stack's, by service."""
    return docker.Container(
        service.name,
        name=f"{prefix}-{service.name}",
        # The id: a name would be a difference against the engine, which gives the id back.
        image=image.image_id,
        hostname=service.name,
        user=service.user,
        entrypoints=list(service.entrypoint) or None,
        command=list(service.command),
        envs=_environment(service),
        uploads=[
            docker.ContainerUploadArgs(file=file.path, content=file.content, permissions="0644")
            for file in service.files
        ],
        mounts=[
            *(
                docker.ContainerMountArgs(type="volume", source=volumes[name].name, target=path)
                for name, path in _writes(service).items()
            ),
            *(
                docker.ContainerMountArgs(
                    type="volume", source=volumes[name].name, target=path, read_only=True
                )
                for name, path in service.shared.items()
            ),
            *(
                docker.ContainerMountArgs(
                    type="bind", source=bind.host_path, target=bind.path, read_only=True
                )
                for bind in service.binds
            ),
        ],
        tmpfs=service.tmpfs or None,
        networks_advanced=[
            *(
                docker.ContainerNetworksAdvancedArgs(name=network.name, aliases=[service.name])
                for network in networks
            ),
            *(docker.ContainerNetworksAdvancedArgs(name=name) for name in service.networks),
        ],
        hosts=[docker.ContainerHostArgs(host="host.docker.internal", ip="host-gateway")]
        if service.host_gateway
        else None,
        ports=[
            docker.ContainerPortArgs(
                ip=port.address, external=port.external, internal=port.internal, protocol="tcp"
            )
            for port in service.ports
        ]
        or None,
        healthcheck=_healthcheck(service.health),
        restart="unless-stopped",
        memory=service.memory.mebibytes,
        # Equal to memory: no swap. Unset, the engine would answer with twice the memory.
        memory_swap=service.memory.mebibytes,
        cpu_shares=_HALF_OF_THE_DEFAULT if service.gives_way else None,
        capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"]),
        security_opts=["no-new-privileges:true"],
        log_driver="json-file",
        log_opts={"max-size": logs.max_size, "max-file": str(logs.max_files)},
        # The engine takes the first when it stops by itself, the provider the second.
        stop_timeout=service.stop_seconds,
        destroy_grace_seconds=service.stop_seconds,
        opts=opts,
    )


def _writes(service: Service) -> dict[str, str]:
    """Return where it sees the volumes that it writes to, by their services."""
    own = service.volume or service.shares
    return {**({service.name: own} if own else {}), **service.volumes_of}


def _environment(service: Service) -> pulumi.Input[list[pulumi.Input[str]]] | None:
    clear = [f"{name}={value}" for name, value in service.environment.items()]
    secret = [
        pulumi.Output.secret(f"{name}={value.reveal()}") for name, value in service.secrets.items()
    ]
    return [*clear, *secret] or None


def _healthcheck(health: Health) -> docker.ContainerHealthcheckArgs:
    """Set every field: one left out would come back from the engine with a value."""
    return docker.ContainerHealthcheckArgs(
        tests=["CMD", *health.command],
        interval=health.interval,
        timeout=health.timeout,
        start_period=health.start_period,
        start_interval="0s",
        retries=health.retries,
    )
