"""The command line on small questions: exit codes, and one sentence for what is wrong."""

import re
import socket
from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.config import Settings
from pipeline.config_errors import with_remedy
from pipeline.ingest.formats import FORMATS
from pipeline.report.terminal import visible_text


@pytest.fixture
def shoal(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    def run(config: str, *arguments: str) -> tuple[int | str | None, str, str]:
        file = tmp_path / "shoal.toml"
        file.write_text(config, encoding="utf-8")
        with pytest.raises(SystemExit) as stop:
            main(["--config", str(file), *arguments])
        out, err = capsys.readouterr()
        return stop.value.code, out, err

    return run


SOURCE = '[[sources]]\nname = "edge"\nformat = "ecs_json"\npath = "{path}"\n'
COMMANDS = [
    "demo", "run", "ingest", "status", "query", "report", "formats", "ui", "config", "config check", "config load",
    "export", "notify", "suppress", "suppress add", "suppress apply", "feedback", "feedback add",
]  # fmt: skip


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[training]\nwindow_day = 2", ["training.window_day", "window_days"]),
        ('[training]\nwindow_days = "x"', ["training.window_days", "'x'"]),
        (SOURCE.format(path="no/such/folder/*.json"), ["sources.edge.path", "no/such/folder", "create it"]),
        (SOURCE.format(path="**x"), ["source edge", "'**x'", "cannot be used"]),
        (SOURCE.format(path="*.json") + 'timestamp_format = "%Q"', ["source edge", "timestamp_format = '%Q'"]),
        (SOURCE.format(path="*.json") + "delimiter = '\"'", ["sources.0.delimiter", "a tab"]),
        ('home = "shoal.toml"', ["home = 'shoal.toml'", "is no folder"]),
        ("[training", ["TOML"]),
    ],
)
@pytest.mark.parametrize("command", [("config", "check"), ("ingest",), ("run", "--date", "2026-01-05")])
def test_wrong_configuration_is_one_sentence_and_exit_code_2(
    shoal, config: str, words: list[str], command: tuple[str, ...], tmp_path: Path
) -> None:
    code, _, err = shoal(config, *command)
    assert code == 2
    assert err.count("\n") == 1
    assert err.startswith("shoal: ")
    assert all(word in err for word in words)
    assert not (tmp_path / "shoal_home").exists(), "it stopped before any work"


def test_a_sound_configuration_says_what_it_means(shoal, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    code, out, _ = shoal(SOURCE.format(path="in/*.json"), "config", "check")
    assert code == 0
    assert "edge" in out
    assert "7 nights before" in out


def test_formats_lists_each_with_an_example(shoal) -> None:
    code, out, _ = shoal("", "formats")
    assert code == 0
    for name, entry in FORMATS.items():
        assert f"{name}: {entry.description}\n  fills    {', '.join(entry.tables)}\n" in out
        assert all(option in out for option in entry.options)
        assert all(visible_text(line) in out for line in entry.example.splitlines())


def test_a_question_before_the_first_night_names_the_remedy(shoal) -> None:
    code, _, err = shoal("", "query", "select 1")
    assert code == 1
    assert "shoal run" in err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_that_describes_every_option(shoal, command: str) -> None:
    code, out, _ = shoal("", *command.split(), "--help")
    assert code == 0
    described = re.findall(r"^  (?:-h, )?--[a-z]+(?: [A-Z]+| <[^>]+>)?\s+(\S+)", out, re.MULTILINE)
    assert len(described) == len(re.findall(r"^  (?:-h, )?--", out, re.MULTILINE)) > 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("run", ["--date", "--from and --to"]),
        ("run --from 2026-01-05", ["--date", "--from and --to"]),
        ("run --date 2026-01-05 --from 2026-01-05 --to 2026-01-06", ["either --date"]),
        ("run --from 2026-01-07 --to 2026-01-06", ["2026-01-07", "2026-01-06", "swap"]),
        ("run --date 2026-13-01", ["--date", "'2026-13-01'", "2026-01-05"]),
        ("run --date yesterday", ["--date", "'yesterday'"]),
        ("run --date 2025-12-31", ["2025-12-31", "schedule.first_night"]),
        ("run --date 2999-01-01", ["2999-01-01", "not ended"]),
        ("run --nights 3", ["--nights", "shoal run --help"]),
        ("report --date x", ["--date", "'x'"]),
        ("ui --port 0", ["--port", "shoal ui --help"]),
        ("query", ["sql", "shoal query --help"]),
        ("nonsense", ["nonsense", "shoal --help"]),
        ("config", ["shoal config --help"]),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(shoal, arguments: str, words: list[str]) -> None:
    code, out, err = shoal("", *arguments.split())
    assert (code, out) == (2, "")
    assert err.startswith("shoal: ")
    assert err.count("\n") == 1
    assert all(word in err for word in words)


def test_a_wrong_variable_is_one_sentence_and_exit_code_2(shoal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOAL_SOURCES", "[")
    code, _, err = shoal("", "config", "check")
    assert code == 2
    assert err.startswith("shoal: environment variable SHOAL_SOURCES = '['")
    assert err.count("\n") == 1


def test_a_busy_port_is_one_sentence_and_exit_code_2(shoal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        code, out, err = shoal("", "ui", "--port", port)
    assert (code, out) == (2, "")
    assert port in err
    assert "--port" in err


def test_a_fault_is_shown_with_its_traceback_only_for_debug(shoal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOAL_CONFIG", "unused")
    with pytest.raises(Exception, match="--date"):
        shoal("", "--debug", "run")


def test_a_remedy_is_said_once() -> None:
    said = with_remedy("at step a: Permission denied, disk I/O error")
    assert said.endswith("; see whether the disk is full or fails, then run it again; nothing is half-written")
    assert with_remedy(said) == said


def test_a_fault_cannot_steer_the_terminal(shoal) -> None:
    code, _, err = shoal("", "run", "--date", "\x1b[2J[red]")
    assert code == 2
    assert "\x1b" not in err
    assert "[red]" in err


@pytest.mark.parametrize(("flags", "expected"), [((), (False, 7)), (("--compat",), (True, 42))])
def test_compat_trains_as_the_published_recipes_do(
    shoal, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], expected: tuple[bool, int]
) -> None:
    seen: list[Settings] = []
    monkeypatch.setattr("pipeline.console.running.run_nights", lambda *given: seen.append(given[0]))
    code, _, _ = shoal("[training]\nrandom_state = 7", "run", "--date", "2026-01-05", *flags)
    assert code == 0
    assert (seen[0].training.seed_compatible, seen[0].training.random_state) == expected


def test_without_a_command_the_help_is_shown(shoal) -> None:
    code, out, _ = shoal("")
    assert code == 2
    assert "Commands:" in out


def test_formats_detect_says_which_how_sure_and_why(shoal, tmp_path: Path) -> None:
    log, other, nothing = (tmp_path / name for name in ("log", "other", "nothing"))
    log.write_text("timestamp,source_ip\n", encoding="utf-8")
    other.write_text("some words\n", encoding="utf-8")
    nothing.touch()
    code, out, _ = shoal("", "formats", "detect", str(log))
    assert code == 0
    assert all(word in out for word in ("csv", "90%", "column"))
    code, out, _ = shoal("", "formats", "detect", str(log), str(other), str(nothing))
    assert code == 1
    assert all(word in out for word in ("csv", "no format", "empty"))


@pytest.mark.parametrize("files", [(), ("no-such-file",), (".",)])
def test_formats_detect_of_what_is_no_file_is_wrong_usage(shoal, files: tuple[str, ...]) -> None:
    code, out, err = shoal("", "formats", "detect", *files)
    assert code == 2
    assert not out
    assert all(file in err for file in files)
