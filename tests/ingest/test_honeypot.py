"""The real honeypot files, with their carriage returns, shifted rows and cut last line, accounted for line by line."""

import csv
import gzip
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from ingest_helpers import Landing

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "honeypot"
COLUMNS = {
    "timestamp": "datetime",
    "source_ip": "srcstr",
    "source_port": "spt",
    "dest_port": "dpt",
    "protocol": "proto",
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not there")


def rows(name: str) -> list[list[str]]:
    content = (FOLDER / name).read_bytes()
    text = (gzip.decompress(content) if name.endswith(".gz") else content).decode()
    return list(csv.reader(text.splitlines()))[1:]


def test_every_line_of_the_geo_files_is_accounted_for(landing: Callable[..., Landing]) -> None:
    site = landing(
        format="csv",
        path=str(FOLDER / "aws_marx_geo_*.csv*"),
        columns=COLUMNS | {"country": "country"},
        timestamp_format="%m/%d/%y %H:%M",
    )
    first, march = site.read()
    thousand, all_march = rows("aws_marx_geo_first1000_CR.csv"), rows("aws_marx_geo_2013-03.csv.gz")
    assert Path(first.path).name == "aws_marx_geo_2013-03.csv.gz"
    assert (first.lines, first.accepted, first.rejected) == (len(all_march), len(all_march), 0)
    # the first thousand rows are the beginning of March
    assert (march.lines, march.duplicates, march.rejected) == (len(thousand), len(thousand), 0)
    nights = Counter(row[0].split()[0] for row in all_march)
    found = site.rows("select strftime(log_date, '%-m/%-d/%y'), events from raw.nights")
    assert dict(found) == nights
    protocols = Counter(row[3].lower() for row in all_march)
    assert dict(site.rows("select protocol, count(*) from raw.security_events group by all")) == protocols
    without_port = sum(1 for row in all_march if not row[6])
    assert site.column("select count(*) from raw.security_events where dest_port is null") == [without_port]
    without_country = sum(1 for row in all_march if not row[9].strip())
    assert site.column("select count(*) from raw.security_events where country is null") == [without_country]


def test_the_cut_last_row_is_rejected_and_no_other(landing: Callable[..., Landing]) -> None:
    # this one has no srcstr, and the source as a number
    columns = {name: theirs for name, theirs in COLUMNS.items() if name != "source_ip"}
    site = landing(format="csv", path=str(FOLDER / "marx_849*.csv"), columns=columns)
    (report,) = site.read()
    assert (report.lines, report.accepted, report.rejected) == (849, 848, 1)
    assert site.rows("select line_number, reason, raw_data from raw.rejected_lines") == [
        (850, "expected 7 columns, found 1", "2013")
    ]
