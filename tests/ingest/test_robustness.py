"""Files that are hardly files: none stops the ingestion of the others, and each is visible afterwards."""

import gzip
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import Landing, event, events

from pipeline.ingest import landing as landing_module
from pipeline.ingest.formats import FORMATS
from pipeline.scoring.facts import unread_files

FILES = "select parse_filename(path), lines, accepted, rejected, reason from raw.files order by path"
NIGHT = date(2026, 1, 5)
HUGE = 50 << 20


def test_an_empty_file_is_a_file_without_lines(flat: Landing) -> None:
    flat.put("a.json", b"")
    flat.put("b.json", events(1))
    assert flat.state() == ["new", "new"]
    assert flat.rows(FILES) == [("a.json", 0, 0, 0, None), ("b.json", 1, 1, 0, None)]


def test_a_line_of_50_mib_is_one_rejected_line(landing: Callable[..., Landing]) -> None:
    record = '{"timestamp": "2026-01-05T00:00:0%d", "label": "%s"}\n'
    for name, content, what in (
        ("flat_json", record % (1, "a") + record % (2, "x" * HUGE) + record % (3, "c"), 2),
        ("csv", "timestamp,label\n2026-01-05,a\n2026-01-06," + "x" * HUGE + "\n2026-01-07,c\n", 3),
    ):
        site = landing(name, format=name)
        site.put("a", content)
        assert [(report.accepted, report.rejected) for report in site.read()] == [(2, 1)]
        rejected = "select line_number, reason, length(raw_data) from raw.rejected_lines"
        assert site.rows(rejected) == [(what, "record longer than 1 MiB", 65_536)]


def test_odd_bytes_and_line_ends_are_read(landing: Callable[..., Landing]) -> None:
    site = landing(format="csv")
    lines = ("timestamp,label", "2026-01-05,caf\xe9", "2026-01-06,b")
    site.put("latin1.csv", "\n".join(lines).encode("latin-1"))
    site.put("bom_and_cr.csv", b"\xef\xbb\xbf" + "\r".join(lines).encode())
    site.put("crlf.csv", "\r\n".join(lines).encode() + b"\r\n")
    assert [(report.lines, report.rejected) for report in site.read()] == [(2, 0)] * 3
    labels = site.column("select distinct label from raw.security_events order by 1")
    assert labels == ["b", "caf\xe9", "caf\ufffd"]


@pytest.mark.parametrize("fault", [PermissionError(13, "Permission denied"), OSError(5, "Input/output error")])
def test_a_file_that_cannot_be_opened_stops_no_other(
    flat: Landing, monkeypatch: pytest.MonkeyPatch, fault: OSError
) -> None:
    """As root no file is without permission, so opening it fails here by itself."""
    flat.put("a.json", events(1))
    flat.put("b.json", events(2))
    really = Path.open

    def refused(path: Path, *arguments: Any, **named: Any) -> Any:
        if path.name == "a.json":
            raise fault
        return really(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", refused)
    assert flat.state() == ["unreadable", "new"]
    assert flat.rows(FILES) == [("a.json", 0, 0, 0, fault.strerror), ("b.json", 1, 1, 0, None)]
    monkeypatch.undo()
    assert flat.state() == ["new", "unchanged"]


@pytest.mark.parametrize("vanishes_at", ["observed", "sha256", "check_unchanged"])
def test_a_file_that_vanishes_stops_no_other(flat: Landing, monkeypatch: pytest.MonkeyPatch, vanishes_at: str) -> None:
    """Between listing and looking, between looking and reading, and while it is read."""
    path = flat.put("a.json", events(1))
    flat.put("b.json", events(2))
    if vanishes_at == "observed":
        really = landing_module.landed
        monkeypatch.setattr(
            "pipeline.ingest.run.landed", lambda *arguments: [*really(*arguments), path.with_name("gone.json")]
        )
        expected = ["new", "new", "unreadable"]
    else:
        owner = landing_module.Delivery
        step = getattr(owner, vanishes_at)
        look = step.func if vanishes_at == "sha256" else step

        def vanishing(delivery: landing_module.Delivery) -> Any:
            if delivery.path == path:
                path.unlink(missing_ok=True)
            return look(delivery)

        monkeypatch.setattr(owner, vanishes_at, property(vanishing) if vanishes_at == "sha256" else vanishing)
        expected = ["unreadable", "new"]
    assert flat.state() == expected
    assert flat.column("select reason from raw.files where reason is not null") == ["No such file or directory"]
    assert flat.column("select dest_port from raw.security_events where dest_port = 2") == [2]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (OSError(5, "Input/output error"), "Input/output error"),
        (ValueError("no such capture"), "the engine cannot read it: .*no such capture[.]"),
    ],
)
def test_a_reader_that_fails_loses_its_file_and_no_other(
    flat: Landing, monkeypatch: pytest.MonkeyPatch, fault: Exception, reason: str
) -> None:
    entry = FORMATS["flat_json"]

    def records(stream: Any, source: Any) -> Any:
        yield from entry.reader.records(stream, source)
        if stream.path.name == "a.json":
            raise fault

    failing = replace(entry, reader=replace(entry.reader, records=records))
    monkeypatch.setitem(FORMATS, "flat_json", failing)
    flat.put("a.json", events(1))
    flat.put("b.json", events(2))
    assert flat.state() == ["unreadable", "new"]
    (said,) = flat.column("select reason from raw.files where reason is not null")
    assert re.fullmatch(reason, said)
    assert flat.column("select dest_port from raw.security_events") == [2]


def test_a_check_names_what_could_not_be_read(flat: Landing) -> None:
    flat.put("a.json", events(1))
    assert unread_files(flat.warehouse, flat.settings, NIGHT).holds
    (flat.folder / "b.json").symlink_to("nothing")
    flat.put("c.json", "no record\n")
    flat.put("d.json.gz", gzip.compress(json.dumps(event(2)).encode() + b"\n" * 99_999)[:-9])
    flat.read()
    verdict = unread_files(flat.warehouse, flat.settings, NIGHT)
    assert not verdict.holds
    for fault in ("b.json: No such file", "c.json: every line was rejected", "d.json.gz: archive damaged"):
        assert fault in verdict.sentence
    # damage is a matter of the nights that a file holds
    assert "d.json.gz" not in unread_files(flat.warehouse, flat.settings, date(2026, 1, 6)).sentence
