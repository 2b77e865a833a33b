"""JSON records in any layout, whole or damaged, found by the fast and the slow path alike."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config import Source
from pipeline.ingest.contract import MAX_RECORD, MAX_REJECTED_TEXT, TOO_LONG
from pipeline.ingest.json_records import json_records, records_within
from pipeline.ingest.json_scanner import NO_OBJECT

SOURCE = Source(name="edge", format="flat_json", path="*")
RECORDS: list[dict[str, Any]] = [
    {"a": 1},
    {"b": {"c": [1, {"d": "}{ ][ },{"}, {}], "e": None}},
    {"f": 'quote " backslash \\ umlaut ä bracket }'},
    {},
    {"g": [[{"h": 1}, {"h": 2}], []]},
]


class Text:
    """A stream of text that is in memory."""

    def __init__(self, text: str, size: int = 1 << 22, damage: str | None = None) -> None:
        self.text, self.size, self.damage = text, size, damage

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.text), self.size):
            yield self.text[start : start + self.size].encode()


def found(
    text: str, size: int = 1 << 22, damage: str | None = None, wrapper: str | None = None
) -> list[tuple[int, str, str | None]]:
    """Line, text without the blanks around it, and fault of each record, in order of lines."""
    splitter = records_within(wrapper) if wrapper else json_records
    batches = splitter(Text(text, size, damage), SOURCE)  # type: ignore[arg-type]
    rows = [row for batch in batches for row in batch.to_pylist()]
    found = [(row["line_number"], (row["record"] or "").strip(), row["fault"]) for row in rows]
    return sorted(found, key=lambda record: record[0])


def whole(text: str, size: int = 1 << 22) -> list[dict[str, Any]]:
    return [json.loads(record) for _, record, fault in found(text, size) if fault is None]


LAYOUTS = {
    "lines": "".join(json.dumps(record) + "\n" for record in RECORDS),
    "lines without the last end": "\n".join(json.dumps(record) for record in RECORDS),
    "array of lines": "[\n" + ",\n".join(json.dumps(record) for record in RECORDS) + "\n]\n",
    "array with commas first": "[ " + "\n, ".join(json.dumps(record) for record in RECORDS) + "]",
    "minified array": json.dumps(RECORDS, separators=(",", ":")),
    "pretty array": json.dumps(RECORDS, indent=4),
    "pretty objects": "\n".join(json.dumps(record, indent=2) for record in RECORDS),
    "glued arrays": "".join(json.dumps([record]) for record in RECORDS),
    "glued objects": "".join(json.dumps(record) for record in RECORDS),
    "glued pretty arrays": json.dumps(RECORDS[:2], indent=1) + json.dumps(RECORDS[2:], indent=1),
    "several on a line": f"{json.dumps(RECORDS[0])}, {json.dumps(RECORDS[1])}\n{json.dumps(RECORDS[2:])}\n",
    "blank lines between": "\n\n  \n".join(json.dumps(record) for record in RECORDS) + "\n\n\n",
    "all mixed": json.dumps(RECORDS[:1], indent=2) + "\n\n" + json.dumps(RECORDS[1:3]) + json.dumps(RECORDS[3:]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("size", [1, 13, 1 << 22])
def test_every_layout_gives_the_same_records(layout: str, size: int) -> None:
    assert whole(LAYOUTS[layout], size) == RECORDS


COMPACT = [json.dumps(record, separators=(",", ":")) for record in RECORDS]
WRAPPED = {
    "one line": '{"Records":[' + ",".join(COMPACT) + "]}",
    "one line with its end": json.dumps({"Records": RECORDS}) + "\n",
    "pretty": json.dumps({"Records": RECORDS}, indent=2),
    "a record on each line": '{"Records":[\n' + ",\n".join(COMPACT) + "\n]}\n",
    "a wrapper on each line": "".join('{ "Records" : [' + record + "] }\n" for record in COMPACT),
    "glued wrappers": "".join('{"Records":[' + record + "]}" for record in COMPACT),
    "wrappers and lines": f'{{"Records":[]}}\n{COMPACT[0]}\n{{"Records":[{",".join(COMPACT[1:])}]}}\n{{"Records":[]}}',
}


@pytest.mark.parametrize("layout", [*WRAPPED, *LAYOUTS])
@pytest.mark.parametrize("size", [1, 13, 40, 1 << 22])
def test_what_only_wraps_the_records_is_opened(layout: str, size: int) -> None:
    records = found((WRAPPED | LAYOUTS)[layout], size, wrapper="Records")
    assert [json.loads(record) for _, record, _ in records] == RECORDS
    assert {fault for *_, fault in records} == {None}


def test_wrapped_records_are_numbered_by_the_line_they_start_on() -> None:
    assert [line for line, *_ in found(WRAPPED["a record on each line"], wrapper="Records")] == [2, 3, 4, 5, 6]
    assert [line for line, *_ in found(WRAPPED["a wrapper on each line"], wrapper="Records")] == [1, 2, 3, 4, 5]


def test_another_object_is_not_opened() -> None:
    assert [record for _, record, _ in found('{"Data":[{"a":1}]}\n', wrapper="Records")] == ['{"Data":[{"a":1}]}']


def test_damage_within_a_wrapper_costs_the_record_it_hit() -> None:
    text = '{"Records":[{"a":1},{"b":oops},{"c":3},{"d'
    assert found(text, wrapper="Records") == [
        (1, '{"a":1}', None), (1, '{"b":oops}', None), (1, '{"c":3}', None), (1, '{"d', None),
    ]  # fmt: skip
    assert found(text, damage="cut", wrapper="Records")[-1] == (1, '{"d', "cut")


def test_records_are_numbered_by_the_line_they_start_on() -> None:
    assert [line for line, *_ in found('[\n\n{"a":1},\n{"b":\n2}\n,{"c":3}{"d":4}\n]\n')] == [3, 4, 6, 6]
    assert [line for line, *_ in found("[\n" + LAYOUTS["lines"])] == [2, 3, 4, 5, 6]


def test_punctuation_and_blank_lines_are_no_records() -> None:
    assert found("") == found("\n \n") == found("[]") == found("[\n]\n[\n,\n]\n") == []


DAMAGED = [
    ('{"a":1}\nnonsense\n{"b":2}\n', [(1, '{"a":1}'), (2, "nonsense"), (3, '{"b":2}')]),
    ('{"a":1}\n{"b":\n{"c":3}\n', [(1, '{"a":1}'), (2, '{"b":'), (3, '{"c":3}')]),
    ('{"a":1}\n{"b":2 oops}\n{"c":3}\n', [(1, '{"a":1}'), (2, '{"b":2 oops}'), (3, '{"c":3}')]),
    ('{"a":1},{"b":"x},{"c":3}', [(1, '{"a":1}'), (1, '{"b":"x}'), (1, '{"c":3}')]),
    ('[{"a":1},{"b":2', [(1, '{"a":1}'), (1, '{"b":2')]),
    ('[1, "two", null,\n3.5e1, {"a":1}]', [(1, "1"), (1, '"two"'), (1, "null"), (2, "3.5e1"), (2, '{"a":1}')]),
    ("Jan 05 03:12 gw drop\nJan 05 03:13 gw drop", [(1, "Jan 05 03:12 gw drop"), (2, "Jan 05 03:13 gw drop")]),
    (
        '{\n "a": {\n  "b": oops\n },\n},\n{\n "c": 4\n}\n',
        [(1, '{\n "a": {\n  "b": oops\n },\n}'), (6, '{\n "c": 4\n}')],
    ),
]


@pytest.mark.parametrize(("damaged", "expected"), DAMAGED)
@pytest.mark.parametrize("size", [1, 5, 1 << 22])
def test_damage_costs_the_record_it_hit(damaged: str, expected: list[tuple[int, str]], size: int) -> None:
    records = found(damaged, size)
    assert [(line, record) for line, record, _ in records] == expected
    # whether an object is valid is left to the engine
    assert [fault for *_, fault in records] == [None if text.startswith("{") else NO_OBJECT for _, text in expected]


def test_what_a_damaged_archive_leaves_is_one_record_more() -> None:
    assert found('{"a":1}\n{"b":', damage="cut") == [(1, '{"a":1}', None), (2, '{"b":', "cut")]
    assert found('{"a":1}\n{"b":2}', damage="cut") == [(1, '{"a":1}', None), (2, '{"b":2}', None), (2, "", "cut")]
    assert found("", damage="cut") == [(1, "", "cut")]


@pytest.mark.parametrize("size", [100_000, 1 << 22])
def test_records_that_are_too_long_are_set_aside(size: int) -> None:
    long = json.dumps({"a": "x" * MAX_RECORD})
    text = f'{{"b":1}}\n{long}\n{{"c":2}}\n[{long},{{"d":3}}]\n{"y" * (2 * MAX_RECORD)}\n{{"e":4}}\n'
    records = found(text, size)
    assert [(line, fault) for line, _, fault in records] == [
        (1, None), (2, TOO_LONG), (3, None), (4, TOO_LONG), (4, None), (5, TOO_LONG), (6, None),
    ]  # fmt: skip
    assert [record for _, record, fault in records if not fault] == ['{"b":1}', '{"c":2}', '{"d":3}', '{"e":4}']


def test_an_endless_record_does_not_fill_the_memory() -> None:
    ((line, record, fault),) = found('{"a":"' + "x" * (20 * MAX_RECORD), size=1 << 18)
    assert (line, len(record), fault) == (1, MAX_REJECTED_TEXT, TOO_LONG)


def test_deep_nesting_is_a_record_like_any_other() -> None:
    deep = '{"a":' * 5_000 + "1" + "}" * 5_000
    assert [record for _, record, _ in found(f'{{"b":1}}{deep}\n{{"c":2}}')] == ['{"b":1}', deep, '{"c":2}']


def test_nul_bytes_and_control_characters_stay_within_their_record() -> None:
    assert found('{"a":"\x00"}\n{"b":1}\n') == [(1, '{"a":"\x00"}', None), (2, '{"b":1}', None)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.text(max_size=4), json_values, max_size=3)
styles = st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}])
glue = st.sampled_from(["", "\n", ",", ",\n", "][", " ] \n [ ", "\n\n"])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(objects, styles, glue), max_size=6), st.integers(1, 40))
def test_any_objects_in_any_layout_are_found(parts: list[tuple[Any, dict[str, Any], str]], size: int) -> None:
    text = "".join(json.dumps(record, **style) + between for record, style, between in parts)
    assert whole(text, size) == [record for record, _, _ in parts]


noise = st.sampled_from(["", "x", "{", "}", '"', ",", "]", "\\", "\n", "5"])
mutations = st.lists(st.tuples(st.integers(0, 10_000), noise), max_size=4)


@settings(deadline=None)
@given(st.sampled_from(sorted(LAYOUTS)), mutations, st.integers(1, 60))
def test_nothing_vanishes_whatever_is_broken(layout: str, changes: list[tuple[int, str]], size: int) -> None:
    text = LAYOUTS[layout]
    for place, replacement in changes:
        at = place % len(text)
        text = text[:at] + replacement + text[at + 1 :]
    records = found(text, size)
    rest = text
    for _, record, _ in records:
        before, record_found, rest = rest.partition(record)
        assert record_found == record
        assert not before.strip(" \t\n,[]")
    assert not rest.strip(" \t\n,[]")
    assert all(first[0] <= second[0] for first, second in pairwise(records))


KINDS = ('{"a":1}', '{"a":1},', '[{"b":{"c":2}},', '{"d":3}]', '{"e":"cut', "nonsense", '{"f":4},{"g":5}', "", "][")


@given(st.lists(st.sampled_from(KINDS), max_size=8), st.integers(1, 50))
def test_chunks_do_not_matter_to_damaged_lines(chosen: list[str], size: int) -> None:
    text = "\n".join(chosen) + "\n"
    assert found(text, size) == found(text)
