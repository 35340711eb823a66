"""The program that `pulumi up` runs: settings, the monitoring stack, outputs."""

from __future__ import annotations

import pulumi

from stack import (
    adoption,
    alerts,
    config,
    contradictions,
    engine,
    monitoring,
    promtool,
    remote,
    rules,
)
from stack.files import FileError
from stack.reading import SettingsError


def main() -> None:
    """Declare one environment's monitoring."""
    try:
        settings = config.load()
        host = engine.host(settings.docker_host)
        services = monitoring.describe(settings)
        dry_run = pulumi.runtime.is_dry_run()
        if engine.is_asked(host, dry_run=dry_run):
            engine.check(host, settings.prefix, services)
            promtool.check(host, settings.prometheus.image, rules.all_of(settings))
            adoption.check(host, settings.prefix, settings.grafana.image)
    except (SettingsError, FileError, engine.EngineError, remote.AddressError) as error:
        # Said without a traceback: the text is for the person who edits the settings or the files.
        raise pulumi.RunError(str(error)) from None
    for warning in (alerts.notice(settings), *contradictions.warnings(settings)):
        if warning:
            pulumi.log.warn(warning)
    whole = monitoring.Monitoring(settings, services)
    for name, value in whole.outputs.items():
        pulumi.export(name, value)
    if not dry_run:
        whole.finish()


main()
