"""Nights run in another order than they happened, late logs, failed runs: what a backfill meets."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest
from night_helpers import FEW, FIRST, checksums, published_checksums, write_config, write_logs
from rich.console import Console

from pipeline.config import load
from pipeline.console.ingesting import ingest_all
from pipeline.console.people import Told, apply_suppressions, remove_suppression, suppress
from pipeline.console.running import RunFailedError, run_nights
from pipeline.console.status import show_status
from pipeline.people.entries import entry_id

SECOND = FIRST + timedelta(days=1)
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800), pytest.mark.usefixtures("own_dagster_home")]


class Site:
    """A folder with logs of two small nights, and what a person does there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.settings = load(write_config(folder, FEW))

    def run(self, *nights: date) -> None:
        with (self.folder / "out.txt").open("a") as out:
            run_nights(self.settings, nights, Console(file=out))

    def printed(self) -> str:
        return (self.folder / "out.txt").read_text()

    def ingest(self) -> None:
        with (self.folder / "out.txt").open("a") as out:
            ingest_all(self.settings, Console(file=out))

    def states(self) -> dict[str, str]:
        """What `shoal status` says of each night."""
        text = self.folder / "status.txt"
        with text.open("w") as out:
            show_status(self.settings, Console(file=out, width=300))
        cells = [line.split("│") for line in text.read_text().splitlines() if line.startswith("│")]
        return {cell[1].strip(): cell[2].strip() for cell in cells}


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    write_logs(folder, nights=2, events=600)
    return folder


@pytest.fixture(scope="module")
def in_order(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(Path(shutil.copytree(logs, tmp_path_factory.mktemp("in_order") / "site")))
    site.run(FIRST, SECOND)
    return site


@pytest.fixture
def site(in_order: Site, tmp_path: Path) -> Site:
    """A copy of a site whose nights were run in order."""
    site = Site(Path(shutil.copytree(in_order.folder, tmp_path / "site")))
    site.ingest()  # the published copy names its files by where they lie
    return site


def test_nights_run_backwards_say_what_is_stale_and_end_the_same(logs: Path, in_order: Site, tmp_path: Path) -> None:
    backwards = Site(Path(shutil.copytree(logs, tmp_path / "site")))
    backwards.run(SECOND)
    assert backwards.states() == {str(FIRST): "not run", str(SECOND): "done"}
    backwards.run(FIRST)
    assert backwards.states() == {str(FIRST): "done", str(SECOND): "stale: the models before it have changed"}
    assert f"stale, run them again: {SECOND}" in backwards.printed()
    backwards.run(SECOND)
    assert set(backwards.states().values()) == {"done"}
    assert checksums(backwards.home) == checksums(in_order.home)
    assert published_checksums(backwards.home) == checksums(in_order.home)


def test_late_logs_make_nights_stale_until_they_are_run_again(site: Site) -> None:
    landing = site.home / "landing"
    first = next(landing.glob(f"*{FIRST}*"))
    (landing / "late.json").write_text(first.read_text().replace("chs dropped input", "chs late input", 1))
    site.ingest()
    assert site.states() == {
        str(FIRST): "stale: its logs have changed",
        str(SECOND): "stale: its baseline has changed",
    }
    site.run(FIRST, SECOND)
    assert set(site.states().values()) == {"done"}


def test_a_failed_night_says_so_until_it_is_run_again(site: Site) -> None:
    page = site.settings.reports_folder / str(SECOND)
    shutil.rmtree(page)
    page.write_text("a file where the folder of the report belongs")
    with pytest.raises(RunFailedError, match=f"{SECOND} failed at report__page"):
        site.run(SECOND)
    assert site.states() == {str(FIRST): "done", str(SECOND): "failed"}
    page.unlink()
    site.run(SECOND)
    assert site.states()[str(SECOND)] == "done"


def test_a_suppression_acts_on_the_report_alone_and_is_undone_without_a_trace(site: Site) -> None:
    before = checksums(site.home)
    with (site.folder / "out.txt").open("a") as out:
        console = Console(file=out, width=200)
        suppress(site.settings, console, Told("network", "0.0.0.0/0", None, None, "test", "all of IPv4", None, None))
        apply_suppressions(site.settings, console, SECOND)
        suppressed = checksums(site.home)
        remove_suppression(site.settings, console, entry_id("network", "0.0.0.0/0", "source"))
        apply_suppressions(site.settings, console, SECOND)
    assert f"night {SECOND}: 0 findings shown" in site.printed()
    kept, hidden = (suppressed[f"report.{name}"][0] for name in ("suspicious_clusters", "suppressed_clusters"))
    assert hidden > 0
    assert kept + hidden == before["report.suspicious_clusters"][0]
    assert checksums(site.home) == before
    assert published_checksums(site.home) == before
    assert {name for name in before if suppressed[name] != before[name]} == {
        "report.suspicious_clusters", "report.suppressed_clusters", "report.suspicious_events", "report.nights",
        "report.suppressions", "report.finding_history",
    }  # fmt: skip
    assert set(site.states().values()) == {"done"}
