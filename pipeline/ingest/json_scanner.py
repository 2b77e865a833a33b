"""Finds JSON objects in text of any layout, one by one: the slow path of the JSON formats.

Here: where a record starts and ends, and where to go on after damage. Whether a record is valid is for the engine's
parser to say: damaged text is handed on as a record like any other. Not here: the fast path (json_records).
"""

import json
import re
from functools import cache

from pipeline.ingest.contract import MAX_RECORD, MAX_REJECTED_TEXT, TOO_LONG, Record

AFTER_SCALAR = re.compile(r"[ \t]*+(?=[\n,\]]|\Z)")
JOINT = re.compile(r"\}(?=[ \t,\[\]]*+\{)")
NEXT_LINE = re.compile(r"(?=\n)|\}(?=[ \t,\[\]]*+\{)")
NEXT_OBJECT = re.compile(r"(?=\n[ \t\n,\[\]]*+\{)|\}(?=[ \t\n,\[\]]*+\{)")
POSSIBLE_BOUNDARY = re.compile(r"[\n}][ \t\n,\[\]]*+\Z")
LONGEST_TOKEN = 16
NO_OBJECT = "no JSON object"

# numbers stay text: their values do not matter here, and long ones would be refused
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)


@cache
def separators(wrapper: str | None) -> re.Pattern[str]:
    """What may stand between records: blanks, commas, brackets, and the braces of the object that wraps them."""
    braces = rf"|\}}|{opening(wrapper)}" if wrapper else ""
    return re.compile(rf"(?:[ \t\n,\[\]]{braces})*+")


@cache
def after_object(wrapper: str | None) -> re.Pattern[str]:
    """Behind an object, its line holds punctuation or the next object; anything else damages it."""
    brace = r"\}" if wrapper else ""
    return re.compile(rf"[ \t,\[\]{brace}]*+(?=[\n{{]|\Z)")


def opening(wrapper: str) -> str:
    """The pattern of the text before the first record within an object that only wraps their array."""
    return rf'\{{[ \t\n]*"{wrapper}"[ \t\n]*:[ \t\n]*\['


class JsonScanner:
    """Takes text piece by piece and gives the records that are complete.

    With a `wrapper`, an object such as `{"Records": [...]}` is opened: what it holds under this key are the records.

    Attributes:
        rest: text that is no complete record yet; belongs in front of the next piece.
        line: line on which `rest` starts.
    """

    def __init__(self, line: int = 1, wrapper: str | None = None) -> None:
        self.rest = ""
        self.line = line
        self._separators = separators(wrapper)
        self._after_object = after_object(wrapper)
        self._too_long: Record | None = None

    @property
    def is_skipping(self) -> bool:
        """Whether a record that is too long to be held is passing by."""
        return self._too_long is not None

    def scan(self, text: str, *, final: bool) -> list[Record]:
        """The records in `text`, which starts with the `rest` of before; `final` if nothing follows it."""
        records: list[Record] = []
        at = self._after_separators(text, 0)
        while (end := self._next_end(text, at, final=final)) is not None:
            records.append(self._too_long or _record(self.line, text[at:end]))
            self._too_long = None
            at = self._after_separators(text, self._pass(text, at, end))
        self.rest = text[self._pass(text, at, self._start_of_rest(text, at)) :]
        return records

    def _next_end(self, text: str, at: int, *, final: bool) -> int | None:
        """Where the record at a position ends; None if the text does not tell."""
        if not self.is_skipping:
            end = _record_end(text, at, self._after_object, final=final)
            if end is not None or len(text) - at <= MAX_RECORD:
                return end
            self._too_long = (self.line, text[at : at + MAX_REJECTED_TEXT], TOO_LONG)
        return _match_end(NEXT_OBJECT, text, at, final=final)

    def _start_of_rest(self, text: str, at: int) -> int:
        """All of a record that is not complete; of one that is too long only what may belong to its end."""
        if not self.is_skipping:
            return at
        boundary = POSSIBLE_BOUNDARY.search(text, max(at, len(text) - MAX_REJECTED_TEXT))
        return boundary.start() if boundary else len(text)

    def _after_separators(self, text: str, at: int) -> int:
        if self.is_skipping:
            return at
        found = self._separators.match(text, at)
        return self._pass(text, at, found.end() if found else at)

    def _pass(self, text: str, start: int, end: int) -> int:
        self.line += text.count("\n", start, end)
        return end


def is_object(text: str) -> bool:
    """Whether the text is one JSON object and nothing besides."""
    try:
        return isinstance(_DECODER.decode(text), dict)
    except (json.JSONDecodeError, RecursionError):
        return False


def _record(line: int, text: str) -> Record:
    if len(text) > MAX_RECORD:
        return line, text[:MAX_REJECTED_TEXT], TOO_LONG
    return line, text, None if text.startswith("{") else NO_OBJECT


def _record_end(text: str, at: int, after_object: re.Pattern[str], *, final: bool) -> int | None:
    """Where the record that starts at `at` ends; None if only more text can tell."""
    if at == len(text):
        return None
    is_object = text[at] == "{"
    try:
        end = _DECODER.raw_decode(text, at)[1]
    except json.JSONDecodeError as error:
        is_cut = error.msg.startswith("Unterminated string") or error.pos >= len(text) - LONGEST_TOKEN
        if is_cut and not final:
            return None
    except RecursionError:
        pass
    else:
        after = (after_object if is_object else AFTER_SCALAR).match(text, end)
        if after:
            return end if final or after.end() < len(text) else None
    return _object_damage_end(text, at, final=final) if is_object else _match_end(NEXT_LINE, text, at, final=final)


def _object_damage_end(text: str, at: int, *, final: bool) -> int | None:
    """Where to go on behind an object that cannot be read.

    At the next object on its line; behind its line if that looks like a whole object; at the next line that starts one.
    """
    line_end = text.find("\n", at)
    if joint := JOINT.search(text, at, line_end if line_end >= 0 else len(text)):
        return joint.end()
    if line_end >= 0 and text[at:line_end].rstrip(" \t,[]").endswith("}"):
        return line_end
    if line_end < 0:
        return len(text) if final else None
    return _match_end(NEXT_OBJECT, text, line_end, final=final)


def _match_end(pattern: re.Pattern[str], text: str, at: int, *, final: bool) -> int | None:
    if found := pattern.search(text, at):
        return found.end()
    return len(text) if final else None
