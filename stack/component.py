"""The component: the networks, and a container with its volume for each service."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_docker as docker

from stack import deploy_mark
from stack.docker import engine, readiness, ssh
from stack.docker.container import container
from stack.service import Service
from stack.settings import disk, docker_host
from stack.settings.model import Network, Settings


class Monitoring(pulumi.ComponentResource):
    """The monitoring of one environment on one Docker engine.

    Attributes:
        networks: the stack's own.
        containers: by service.
        volumes: by service, of those that have one.
    """

    def __init__(self, settings: Settings, services: tuple[Service, ...]) -> None:
        host = settings.docker_host
        options = list(ssh.OPTIONS) if docker_host.is_ssh(host) else None
        provider = docker.Provider("docker", host=host, ssh_opts=options)
        super().__init__(
            "monitoring:index:Monitoring",
            settings.prefix,
            opts=pulumi.ResourceOptions(providers={"docker": provider}),
        )
        self._settings = settings
        self._services = services
        self._deploy = deploy_mark.Deploy(settings)
        self.networks = {
            network: docker.Network(
                f"network{network.value}",
                name=f"{settings.prefix}{network.value}",
                driver="bridge",
                internal=True if network is Network.INTERNAL else None,
                opts=self._child(),
            )
            for network in Network
        }
        self.volumes: dict[str, docker.Volume] = {}
        self._shared: dict[str, docker.Volume] = {}
        self.containers: dict[str, docker.Container] = {}
        for service in services:
            self._add(service)
        self.outputs = self._outputs()
        self.register_outputs(self.outputs)

    def finish(self) -> None:
        """Once all containers are there: wait until they are ready, and mark the deploy."""

        def ready(_ids: list[str]) -> None:
            settings = self._settings
            try:
                readiness.wait(settings.docker_host, settings.prefix, self._services)
            except engine.EngineError as error:
                raise pulumi.RunError(str(error)) from None
            self._deploy.tell()

        made = [container.id for container in self.containers.values()]
        pulumi.Output.all(*made).apply(ready)

    def _add(self, service: Service) -> None:
        image = docker.RemoteImage(
            f"{service.name}-image",
            name=service.image,
            # Another environment may use the same image.
            keep_locally=True,
            opts=self._child(),
        )
        if service.volume:
            self.volumes[service.name] = self._volume(
                service,
                retain_on_delete=self._settings.keep_volumes,
                protect=self._settings.protect_volumes,
            )
        if service.shares:
            self._shared[service.name] = self._volume(service)
        networks = [self.networks[network] for network in service.own_networks]
        self.containers[service.name] = container(
            service,
            prefix=self._settings.prefix,
            image=image,
            networks=networks,
            volumes={**self.volumes, **self._shared},
            logs=self._settings.container_logs,
            opts=self._child(
                hooks=self._deploy.hooks,
                depends_on=[self.containers[name] for name in service.after],
                # The provider does not see that a container has lost a network. Where that was
                # deleted, the id of the new one has the network's containers made again.
                replacement_trigger=pulumi.Output.all(
                    *(network.id for network in networks), *self._joined(service)
                ),
                delete_before_replace=True,
            ),
        )

    def _volume(self, service: Service, **options: bool) -> docker.Volume:
        # No labels and no options: a change of either would replace the volume and its data.
        return docker.Volume(
            f"{service.name}-volume",
            name=f"{self._settings.prefix}-{service.name}",
            opts=self._child(**options),
        )

    def _joined(self, service: Service) -> list[pulumi.Output[str]]:
        """Return the ids of the application's networks that a service joins.

        None on a host behind ssh, which a preview does not touch.
        """
        if docker_host.is_ssh(self._settings.docker_host):
            return []
        inherited = pulumi.InvokeOutputOptions(parent=self)
        found = [docker.get_network_output(name, opts=inherited) for name in service.networks]
        return [network.id for network in found]

    def _child(self, **options: Any) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, **options)

    def _outputs(self) -> dict[str, Any]:
        settings = self._settings
        budget = disk.shown(settings)
        return {
            "grafana_url": settings.url(settings.grafana.port),
            "prometheus_url": settings.url(settings.prometheus.port),
            "network": self.networks[Network.APPLICATION].name,
            "containers": {name: made.name for name, made in self.containers.items()},
            "volumes": {name: made.name for name, made in self.volumes.items()},
            **({"disk": budget} if budget else {}),
        }
