"""What is measured of ingestion: `shoal ingest` of one file, and the plainest reads of the same bytes.

Each function runs in a process of its own and imports what it needs itself, so that imports count as its time.
"""

import json
from pathlib import Path

CONFIG = """\
home = "."

[engine]
threads = {threads}

[[sources]]
name = "measured"
format = "{format}"
path = {path}
"""
# one column, whatever a line holds
LINES = """
from read_csv(
    $file, columns = {'line': 'varchar'}, header = false, auto_detect = false, delim = '\x01', quote = '', escape = ''
)
"""
BARE = {
    "zeek": "select * from read_csv($file, delim = '\t', header = false, skip = 8, all_varchar = true, quote = '')",
    "suricata_eve": "select * from read_json($file)",
    "cisco_asa": LINES,
    "auth_log": LINES,
}
# time, host, program, message: what one pattern can tell of any line of syslog
PATTERN = r"^([A-Z][a-z]{2} +[0-9]+(?: [0-9]{4})? [0-9:]{8}) ([^ ]+) ([^:]*): (.*)$"
PARTS = f"""
select unnest(regexp_extract(line, '{PATTERN}', ['time', 'host', 'program', 'message'])) {LINES}
"""
TAKEN_APART = {"cisco_asa": PARTS, "auth_log": PARTS}


def bare(query: str, file: Path, database: Path, threads: int) -> int:
    """Copy what a query gives of a file into a table of a database file; gives the number of its rows."""
    import duckdb

    with duckdb.connect(database, config={"threads": threads}) as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"create table records as {query}", {"file": str(file)})
        return int(connection.execute("select count(*) from records").fetchall()[0][0])


def packet_loop(file: Path) -> int:
    """Go through a capture as the documentation of dpkt shows it; gives the number of packets."""
    import dpkt

    with file.open("rb") as capture:
        return sum(1 for _, data in dpkt.pcap.Reader(capture) if dpkt.ethernet.Ethernet(data).data)


def shoal(form: str, file: Path, home: Path, threads: int) -> None:
    """`shoal ingest` of a file into a new warehouse.

    Raises:
        SystemExit: it failed; the command has said why.
    """
    from contestants import command

    # a JSON string is a TOML string
    command(home, CONFIG.format(threads=threads, format=form, path=json.dumps(str(file))), "ingest")


def accepted(home: Path) -> int:
    """How many records became rows."""
    import duckdb

    with duckdb.connect(home / "warehouse.duckdb", read_only=True) as connection:
        return int(connection.execute("select sum(accepted) from raw.files").fetchall()[0][0] or 0)
