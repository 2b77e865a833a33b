"""The web UI: a port that cannot be used is a sentence, and one that can serves the project."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from night_helpers import write_config

from pipeline.config_errors import UsageError
from pipeline.console.web import HOST, check_port
from pipeline.run_launcher import REPOSITORY_TAG

QUESTION = """{
    repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } }
    assetNodes { assetKey { path } }
}"""
PATIENCE = 150  # seconds until the project is loaded; some ten on a machine with nothing else to do


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


def test_a_busy_port_is_a_sentence_that_names_the_remedy(busy_port: int) -> None:
    with pytest.raises(UsageError, match=rf"port {busy_port} of {HOST} cannot be used: .*in use; .*--port"):
        check_port(busy_port)


def test_a_port_that_was_just_left_can_be_used(busy_port: int) -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection((HOST, port)) as client, server.accept()[0] as accepted:
            accepted.close()
            client.recv(1)
    check_port(port)


def answer(port: int) -> dict[str, Any]:
    request = urllib.request.Request(
        f"http://{HOST}:{port}/graphql", json.dumps({"query": QUESTION}).encode(), {"content-type": "application/json"}
    )
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
                data: dict[str, Any] = json.load(response)["data"]
                return data
        except (urllib.error.URLError, ConnectionError):
            assert time.monotonic() < deadline, "it does not serve"
            time.sleep(0.5)


@pytest.mark.slow
def test_it_serves_the_project_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
    command = [sys.executable, "-m", "pipeline", "--config", str(write_config(tmp_path)), "ui", "--port", str(port)]
    output = (tmp_path / "output.txt").open("wb")
    with output, subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True) as ui:
        try:
            told = answer(port)
        finally:
            ui.terminate()
            ui.wait(60)
            os.killpg(ui.pid, signal.SIGKILL) if ui.poll() is None else None
    paths = {"/".join(node["assetKey"]["path"]) for node in told["assetNodes"]}
    assert {"raw/security_events", "features/events", "report/suspicious_clusters"} <= paths
    # by this it lists the runs of a job
    (repository,) = told["repositoriesOrError"]["nodes"]
    assert f"{repository['name']}@{repository['location']['name']}" in REPOSITORY_TAG.values()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HOST, port), timeout=5)
