"""The program that `pulumi up` runs: settings, the monitoring stack, outputs."""

from __future__ import annotations

import pulumi

from stack import config, engine, monitoring
from stack.files import FileError
from stack.reading import SettingsError


def main() -> None:
    """Declare one environment's monitoring."""
    try:
        settings = config.load()
        engine.check(
            engine.host(settings.docker_host), settings.prefix, monitoring.describe(settings)
        )
    except (SettingsError, FileError, engine.EngineError) as error:
        # Said without a traceback: the text is for the person who edits the settings or the files.
        raise pulumi.RunError(str(error)) from None
    for name, value in monitoring.Monitoring(settings).outputs.items():
        pulumi.export(name, value)


main()
