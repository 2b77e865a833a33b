"""Rows as CSV and JSON lines: valid whatever the values, and harmless in a spreadsheet or on a terminal."""

import json

import duckdb
import pytest

from pipeline.feeds.rows import as_csv, as_json


def test_csv_on_a_terminal_shows_control_characters_instead_of_sending_them() -> None:
    rows = [("\x1b]0;pwn\x07", 1)]
    assert as_csv(["a", "b"], rows, to_terminal=True) == "a,b\n\\x1b]0;pwn\\x07,1\n"
    assert "\x1b" in as_csv(["a", "b"], rows)


def test_csv_defuses_formulas_behind_blanks_and_in_lists() -> None:
    assert as_csv(["a"], [(" =cmd|x",), ([1, 2],)]) == 'a\n\' =cmd|x\n"[1, 2]"\n'


def test_csv_defuses_cells_that_a_spreadsheet_would_run() -> None:
    assert as_csv(["a", "=b"], [("=1+1", 2), ("plain", -3)]) == "a,'=b\n'=1+1,2\nplain,-3\n"


def test_json_is_one_object_a_line() -> None:
    assert as_json(["a"], [(1,), ("x\n",)]) == '{"a": 1}\n{"a": "x\\n"}\n'


def test_json_is_valid_whatever_the_values() -> None:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    answer = connection.sql(
        """
        select 'nan'::double as a, ['-inf'::float, 1.5] as b, {'x': 'inf'::double} as c, 1.25::decimal(4, 2) as d,
            map {date '2026-01-05': 1} as e, timestamptz '2026-01-05 01:02:03+00' as f, interval 1 hour as g, 7 as a,
            null as h, true as i, 170141183460469231731687303715884105727 as j, chr(27) as k
        """
    )
    assert json.loads(as_json(answer.columns, answer.fetchall()), parse_constant=pytest.fail) == {
        "a": None,
        "b": [None, 1.5],
        "c": {"x": None},
        "d": 1.25,
        "e": {"2026-01-05": 1},
        "f": "2026-01-05T01:02:03+00:00",
        "g": "1:00:00",
        "a_1": 7,
        "h": None,
        "i": True,
        "j": 170141183460469231731687303715884105727,
        "k": "\x1b",
    }
