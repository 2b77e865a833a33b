"""The command line on small questions: exit codes, and one sentence for what is wrong."""

from pathlib import Path

import pytest

from pipeline.cli import main
from pipeline.console.querying import as_csv, as_json
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


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("[training]\nwindow_day = 2", ["training.window_day", "window_days"]),
        ('[training]\nwindow_days = "x"', ["training.window_days", "'x'"]),
        (SOURCE.format(path="no/such/folder/*.json"), ["sources.edge.path", "no/such/folder", "create it"]),
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


@pytest.mark.parametrize("command", ["demo", "run", "ingest", "status", "query", "report", "formats", "ui"])
def test_every_command_has_help(shoal, command: str) -> None:
    code, out, _ = shoal("", command, "--help")
    assert code == 0
    assert len(out.splitlines()) > 4


def test_cells_that_a_spreadsheet_would_run_are_defused() -> None:
    assert as_csv(["a", "b"], [("=1+1", 2), ("plain", -3)]) == "a,b\n'=1+1,2\nplain,-3\n"


def test_json_rows_are_one_object_a_line() -> None:
    assert as_json(["a"], [(1,), ("x\n",)]) == '{"a": 1}\n{"a": "x\\n"}\n'


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
