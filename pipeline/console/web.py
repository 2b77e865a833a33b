"""Dagster's own processes on this machine: the web UI, on localhost only, and the daemon."""

import os
import socket
import sys
from pathlib import Path

from rich.console import Console

from pipeline.config import Settings, config_file
from pipeline.config_errors import UsageError
from pipeline.instance import local_instance

HOST = "127.0.0.1"
LOCATION = ("-m", "pipeline.definitions")


def serve(settings: Settings, config: Path | None, port: int, console: Console) -> None:
    """Become the web server with this configuration and this home's runs; does not return.

    Raises:
        UsageError: the port cannot be used.
    """
    check_port(port)
    console.print(f"Dagster's web UI: http://{HOST}:{port} (takes a while to load; Ctrl-C stops it)")
    _become(settings, config, "dagster_webserver", *LOCATION, "-h", HOST, "-p", str(port))


def run_daemon(settings: Settings, config: Path | None, console: Console) -> None:
    """Become the daemon, which runs the nights by themselves; does not return."""
    schedule = settings.schedule
    console.print(f"nights are run at {schedule.hour:02}:{schedule.minute:02} {schedule.timezone} (Ctrl-C stops it)")
    _become(settings, config, "dagster._daemon", "run", *LOCATION)


def _become(settings: Settings, config: Path | None, module: str, *arguments: str) -> None:
    """Run a module in place of this process, so that whatever stops it stops that, and its exit code is ours."""
    local_instance(settings.home_folder).dispose()
    environment = os.environ | {
        "SHOAL_CONFIG": str(config_file(config).resolve()),
        "DAGSTER_HOME": str(settings.home_folder / "dagster"),
    }
    command = [sys.executable, "-m", module, *arguments]
    os.execve(sys.executable, command, environment)  # noqa: S606 - our own interpreter and arguments


def check_port(port: int) -> None:
    """Raise if nothing can listen on the port of this machine.

    Raises:
        UsageError: naming the port, the cause and the remedy.
    """
    with socket.socket() as probe:
        # as the server does: connections that have just been closed do not count
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            message = f"port {port} of {HOST} cannot be used: {str(error.strerror).lower()}; name another with --port"
            raise UsageError(message) from None
