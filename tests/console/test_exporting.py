"""`shoal export` and `shoal notify`: where output goes, and what cannot be asked for."""

import errno
import io
import os
from pathlib import Path

import pytest
from feed_helpers import NIGHT, put_night
from night_helpers import put_into
from rich.console import Console

from pipeline.cli import main
from pipeline.config import Settings
from pipeline.config_errors import UsageError
from pipeline.console.context import WRONG_USAGE
from pipeline.console.exporting import export_night
from pipeline.console.notifying import notify
from pipeline.warehouse.engine import Warehouse
from pipeline.warehouse.published import publish


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    warehouse = Warehouse.of(settings)
    with warehouse.connect():
        put_night(put_into(warehouse))
        publish(warehouse, settings.published_folder, NIGHT, {})
    return settings


def test_a_folder_gets_a_file_with_a_name_of_its_own_and_a_file_is_replaced(
    published: Settings, tmp_path: Path
) -> None:
    file = export_night(published, NIGHT, "ecs", "events", tmp_path)
    assert file == tmp_path / "shoal_2026-01-11_events.ecs.jsonl"
    named = tmp_path / "named"
    named.write_text("before")
    assert export_night(published, NIGHT, "ecs", "events", named) == named
    assert named.read_bytes() == file.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [named.name, file.name]


def test_without_a_path_it_is_printed(published: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert export_night(published, NIGHT, "ocsf", "findings", None) is None
    assert capsys.readouterr().out.count("\n") == 3


@pytest.mark.parametrize("name", ["csv", "json", "ecs", "stix"])
def test_on_a_terminal_nothing_of_it_acts(
    published: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    export_night(published, NIGHT, name, "findings", None)
    shown = capsys.readouterr().out
    assert "channel" in shown
    assert all(line.isprintable() for line in shown.splitlines())


@pytest.mark.parametrize(("name", "words"), [("xml", "csv, parquet, json, ecs, ocsf, stix"), ("parquet", "with -o")])
def test_what_cannot_be_exported_is_a_sentence(published: Settings, name: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        export_night(published, NIGHT, name, "findings", None)


def test_what_can_be_asked_for_is_named(published: Settings) -> None:
    with pytest.raises(UsageError, match=r"'dogs' cannot be exported; choose one of findings, events$"):
        export_night(published, NIGHT, "csv", "dogs", None)


def test_a_file_in_no_folder_is_a_sentence_with_the_remedy(
    published: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "shoal.toml"
    config.write_text(f'home = "{published.home}"\n')
    file = tmp_path / "none" / "y.csv"
    with pytest.raises(SystemExit) as stop:
        main(["--config", str(config), "export", "--date", str(NIGHT), "--format", "csv", "-o", str(file)])
    assert stop.value.code == WRONG_USAGE
    said = f"shoal: {file} cannot be written: there is no folder {file.parent}; make it, or name another with -o\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(("number", "remedy"), [(errno.EACCES, "write there"), (errno.ENOSPC, "free some space")])
def test_a_file_that_cannot_be_written_is_named_and_leaves_nothing(
    published: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    def fail(self: Path, target: Path) -> Path:
        del target
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr(Path, "replace", fail)
    file = tmp_path / "y.csv"
    file.write_text("before")
    with pytest.raises(UsageError, match=remedy) as caught:
        export_night(published, NIGHT, "csv", "findings", file)
    assert str(caught.value).startswith(f"{file} cannot be written ({os.strerror(number)}); name another with -o; ")
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    assert file.read_text() == "before"


def test_notify_needs_a_channel_and_says_what_became_of_each_message(published: Settings, tmp_path: Path) -> None:
    console = Console(file=io.StringIO(), width=120)
    with pytest.raises(UsageError, match="no channel is configured"):
        notify(published, console, trial=False)
    good = {"name": "good", "kind": "file", "path": str(tmp_path / "told.jsonl")}
    bad = {"name": "bad", "kind": "webhook", "url_env": "NO_SUCH_VARIABLE"}
    told = Settings(home=published.home, notifications=[good, bad])
    assert notify(told, console, trial=False), "nothing waits"
    assert not notify(told, console, trial=True)
    shown = console.file.getvalue()
    assert "nothing waits" in shown
    assert "NO_SUCH_VARIABLE is not set" in shown
    assert (tmp_path / "told.jsonl").read_text().count("a trial") == 1
