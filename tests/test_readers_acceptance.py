"""Every real file at once, as a team would point Shoal at its logs: read in a real process, then whole nights run."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

DATA = Path(__file__).parents[2] / "shared/data"
# the two with most events: a day of an exposed host, and an attack on Windows
BUSIEST = {"2024-04-19": 11_706, "2020-10-22": 25_930}
CONFIG = f"""\
home = "home"
[schedule]
first_night = "2010-01-01"
[[sources]]
name = "everything"
format = "auto"
path = "{DATA}/**/*"
"""
UNBALANCED = """
select path from raw.files f
where lines != accepted + duplicates + rejected
    or events != (select count(*) from raw.security_events e where e.file_id = f.file_id)
    or connections != (select count(*) from raw.connections c where c.file_id = f.file_id)
    or logins != (select count(*) from raw.logins l where l.file_id = f.file_id)
    or duplicates != (select count(*) from raw.duplicate_events d where d.file_id = f.file_id)
    or rejected != (select count(*) from raw.rejected_lines r where r.file_id = f.file_id)
"""
SUMS = "select count(*), sum(lines), sum(accepted), sum(duplicates), sum(rejected) from raw.files"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there"),
]


class Site:
    """A configuration in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "shoal.toml").write_text(CONFIG, encoding="utf-8")

    def shoal(self, *arguments: str) -> str:
        """What the command prints, without line breaks; it succeeds and complains of nothing."""
        command = [sys.executable, "-m", "pipeline", "--config", str(self.folder / "shoal.toml"), *arguments]
        answer = subprocess.run(command, capture_output=True, text=True, check=False, timeout=800)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        assert "Warning" not in answer.stderr
        return answer.stdout.replace("\n", " ")

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with duckdb.connect(self.folder / "home" / "warehouse.duckdb", read_only=True) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, str]:
    site = Site(tmp_path_factory.mktemp("everything"))
    return site, site.shoal("ingest")


def test_every_line_of_every_file_is_accounted_for(ingested: tuple[Site, str]) -> None:
    site, shown = ingested
    delivered = {str(path) for path in DATA.rglob("*") if path.is_file()}
    assert {path for (path,) in site.rows("select path from raw.files")} == delivered
    assert site.rows(UNBALANCED) == []
    ((files, lines, accepted, duplicates, rejected),) = site.rows(SUMS)
    assert f"{files:,} files: {lines:,} lines = {accepted:,} accepted (" in shown
    assert f"+ {duplicates:,} duplicates + {rejected:,} rejected;" in " ".join(shown.split())
    # what is no log is named with the reason, and nothing else is without lines
    without = site.rows("select path from raw.files where lines = 0 and reason is null")
    assert without == [(str(DATA / "zeek_tsv/zat/http_empty.log"),)]


@pytest.mark.parametrize("night", BUSIEST)
def test_the_busiest_nights_are_run_to_their_end(ingested: tuple[Site, str], night: str) -> None:
    site, _ = ingested
    before = site.rows(SUMS)
    assert "done" in site.shoal("run", "--date", night)
    events = BUSIEST[night]
    assert site.rows(f"select count(*) from raw.security_events where log_date = '{night}'") == [(events,)]
    scored = site.rows(
        f"select algorithm, count(distinct entity_id) from scores.events where log_date = '{night}' group by 1"
    )
    assert dict(scored) == {"kmeans": events, "dbscan": events}
    assert (site.folder / "home" / "reports" / night / "index.html").is_file()
    # nothing was read again
    assert site.rows(SUMS) == before
