"""Services and containers start if and only if what they are to run can be loaded."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from night_helpers import write_config

ROOT = Path(__file__).parents[1]
UNITS = sorted((ROOT / "deploy").glob("*.service"))
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text()
SCHEDULE = "[schedule]\nminute = {}\n"
pytestmark = pytest.mark.slow


def keys(unit: Path) -> list[tuple[str, str]]:
    lines = [line.partition("=") for line in unit.read_text().splitlines() if not line.startswith(("#", "["))]
    return [(key, value) for key, equals, value in lines if equals]


def start(unit: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run what stands before the start, with the unit's environment and nothing else, as if installed in the folder."""
    places = {
        "/opt/shoal/.venv/bin": Path(sys.executable).parent, "/opt/shoal": ROOT,
        "/etc/shoal": folder, "/var/lib/shoal": folder / "home",
    }  # fmt: skip
    told = keys(unit)
    for installed, here in places.items():
        told = [(key, value.replace(installed, str(here))) for key, value in told]
    environment = dict(value.split("=", 1) for key, value in told if key == "Environment")
    one = dict(told)
    command = shlex.split(one["ExecStartPre"])
    return subprocess.run(
        command, env=environment, cwd=one["WorkingDirectory"], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
@pytest.mark.parametrize("minute", ["05", "75"])
def test_a_configuration_that_cannot_be_loaded_keeps_a_service_from_starting(
    unit: Path, minute: str, tmp_path: Path
) -> None:
    file = write_config(tmp_path, SCHEDULE.format(minute))
    done = start(unit, tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"shoal: {file}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_folders_of_logs_that_are_not_there_yet_do_not(unit: Path, tmp_path: Path) -> None:
    write_config(tmp_path, SCHEDULE.format("5"))
    done = start(unit, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == [tmp_path / "shoal.toml"]


def test_nor_does_a_container(tmp_path: Path) -> None:
    file = write_config(tmp_path, SCHEDULE.format("05"))
    command = json.loads(re.findall(r"^CMD (.*)$", CONTAINERFILE, re.MULTILINE)[0])
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.defpath}", "SHOAL_CONFIG": str(file)}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"shoal: {file}")


def test_the_web_ui_of_a_container_is_reached_from_its_machine_alone() -> None:
    server = re.findall(r"#   podman exec .*dagster-webserver .*-h (\S+) -p (\d+)$", CONTAINERFILE, re.MULTILINE)
    published = re.findall(r"#   podman .* -p (\S+):(\d+):(\d+)$", CONTAINERFILE, re.MULTILINE)
    assert server == [("0.0.0.0", "3000")]  # noqa: S104 - all addresses of the container
    assert published == [("127.0.0.1", "3000", "3000")]


def test_what_goes_into_the_image_exists() -> None:
    copied = re.findall(r"^COPY (?:--\S+ )?(.*) \S+$", CONTAINERFILE, re.MULTILINE)
    assert len(copied) == 5
    assert all((ROOT / name).exists() for names in copied for name in names.split())


def test_there_are_two_units_that_start_installed_programs() -> None:
    assert [unit.stem for unit in UNITS] == ["shoal-daemon", "shoal-webserver"]
    for unit in UNITS:
        program = shlex.split(dict(keys(unit))["ExecStart"])[0]
        assert (Path(sys.executable).parent / Path(program).name).is_file()
