"""The program that `pulumi up` runs: settings, the monitoring stack, outputs."""

from __future__ import annotations

import pulumi

from stack import component, services
from stack.alerts import rules
from stack.configs import FileError
from stack.docker import adoption, preflight, promtool
from stack.docker.engine import EngineError
from stack.settings import contradictions, pulumi_config
from stack.settings.docker_host import AddressError
from stack.settings.problems import SettingsError


def main() -> None:
    """Declare one environment's monitoring."""
    try:
        settings = pulumi_config.load()
        host = settings.docker_host
        described = services.describe(settings)
        dry_run = pulumi.runtime.is_dry_run()
        if preflight.asks(host, dry_run=dry_run):
            preflight.check(host, settings.prefix, described)
            promtool.check(host, settings.prometheus.image, rules.as_one_text(settings))
            adoption.check(host, settings.prefix, settings.grafana.image)
    except (SettingsError, FileError, EngineError, AddressError) as error:
        # Said without a traceback: the text is for the person who edits the settings or the files.
        raise pulumi.RunError(str(error)) from None
    for warning in contradictions.warnings(settings):
        pulumi.log.warn(warning)
    monitoring = component.Monitoring(settings, described)
    for name, value in monitoring.outputs.items():
        pulumi.export(name, value)
    if not dry_run:
        monitoring.finish()


main()
