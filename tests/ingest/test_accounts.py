"""Whatever is delivered, however broken, every record is accounted for and every event is there once."""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import zstandard
from ingest_helpers import Landing, event

from pipeline.ingest.accounts import AccountingError, check
from pipeline.ingest.targets import TARGETS

NOISE = ("", "x", "{", "}", '"', ",", "]", "\\", "\n", "\r", "\x00", "ä", "][", "},{", "null")
PACKERS = (bytes, gzip.compress, zstandard.compress)


def layout(records: list[dict[str, Any]], style: int) -> str:
    return (
        "[\n" + ",\n".join(map(json.dumps, records)) + "\n]",
        json.dumps(records, indent=2),
        "".join(json.dumps([record]) for record in records),
        json.dumps(records),
        "\n".join(map(json.dumps, records)),
    )[style]


def mutated(draw: np.random.Generator, text: str) -> str:
    for _ in range(draw.integers(4)):
        at = draw.integers(len(text) + 1)
        text = text[:at] + NOISE[draw.integers(len(NOISE))] + text[at + (0, 1, 1, 30)[draw.integers(4)] :]
    return text


def packed(draw: np.random.Generator, text: str) -> tuple[bytes, bool]:
    """The file, and whether it is all there."""
    content = PACKERS[draw.integers(3)](text.encode())
    return (content[: -draw.integers(1, 30)], False) if draw.random() < 0.2 else (content, True)


def whole_lines(text: str, records: list[dict[str, Any]]) -> Iterator[str]:
    """Ids of the events that stand alone on a line as they were written."""
    lines = {line.strip(" ,[]") for line in text.replace("\r", "\n").split("\n")}
    for record in records:
        if json.dumps(record) in lines:
            minified = json.dumps(record, separators=(",", ":"))
            yield hashlib.sha256(f"edge\n{minified}".encode()).hexdigest()[:32]


def test_mutated_files_balance_and_lose_nothing_that_is_whole(flat: Landing) -> None:
    draw = np.random.default_rng(20260105)
    expected: set[str] = set()
    for number in range(50):
        records = [event(int(draw.integers(40)), label=f"m{number}.{place}") for place in range(draw.integers(7))]
        text = mutated(draw, layout(records, draw.integers(5)))
        content, is_whole = packed(draw, text)
        flat.put(f"{number}.json", content)
        if is_whole:
            expected.update(whole_lines(text, records))
    reports = flat.read()
    assert sum(report.rejected for report in reports) > 30
    assert sum(report.reason is not None for report in reports) > 5
    found = flat.column("select event_id from raw.security_events")
    assert len(found) == len(set(found))
    assert expected <= set(found)
    assert len(expected) > 20


def test_files_that_grow_overlap_and_are_used_again_hold_what_they_hold(flat: Landing) -> None:
    """At any time each event is there as often as the delivered file that repeats it most does."""
    draw = np.random.default_rng(5)
    holdings: dict[str, list[int]] = {}
    for _ in range(7):
        for name in {f"{draw.integers(6)}.json" for _ in range(3)}:
            grown = holdings.get(name, []) if draw.random() < 0.5 else []
            numbers = grown + draw.integers(0, 25, draw.integers(1, 5)).tolist()
            holdings[name] = [number for number in numbers if draw.random() < 0.9]
            flat.put(name, [event(number) for number in holdings[name]])
        flat.read()
        found = Counter(flat.column("select dest_port from raw.security_events"))
        counts = [Counter(numbers) for numbers in holdings.values()]
        assert all(found[number] >= count for delivered in counts for number, count in delivered.items())


def test_accounts_that_do_not_balance_are_refused(flat: Landing) -> None:
    flat.put("a.json", [event(1), event(2)])
    (report,) = flat.read()
    with flat.warehouse.connect() as connection:
        check(connection, [report.file_id], list(TARGETS.values()))
        connection.execute("delete from raw.security_events where dest_port = 1")
        with pytest.raises(AccountingError, match=r"a\.json"):
            check(connection, [report.file_id], list(TARGETS.values()))
