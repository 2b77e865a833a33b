"""Dagster's web UI on this machine only."""

import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from pipeline.config import DEFAULT_FILE, Settings
from pipeline.nights import local_instance

HOST = "127.0.0.1"


def serve(settings: Settings, config: Path | None, port: int, console: Console) -> None:
    """Start the web server with this configuration and this home's runs; returns when it is stopped."""
    named = config or Path(os.environ.get("SHOAL_CONFIG", DEFAULT_FILE))
    local_instance(settings.home_folder).dispose()
    environment = os.environ | {
        "SHOAL_CONFIG": str(named.resolve()),
        "DAGSTER_HOME": str(settings.home_folder / "dagster"),
    }
    console.print(f"Dagster's web UI: http://{HOST}:{port} (stop with Ctrl-C)")
    command = [
        sys.executable,
        "-m",
        "dagster_webserver",
        "-m",
        "pipeline.definitions",
        "-h",
        HOST,
        "-p",
        str(port),
    ]
    subprocess.run(command, env=environment, check=True)  # noqa: S603 - our own interpreter and arguments
