"""Finds the files that a source has delivered, and identifies their content.

Here: paths, sizes, times and hashes. Not here: what files hold, what the tables know of them.
"""

import hashlib
import os
import re
import stat
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path

from pipeline.config import Format, OwnTable, Settings, Source
from pipeline.config_errors import ConfigError
from pipeline.ingest.formats import READ_AS

ID_LENGTH = 16
GLOB_CHARACTERS = "*?["
# a date in a file's name, such as 2026-01-05 or 20260105
_DATE = re.compile(r"(?<![0-9])([0-9]{4})([-_.]?)([0-9]{2})\2([0-9]{2})(?![0-9])")


class StillBeingWrittenError(RuntimeError):
    """The file changed while it was read; the next look will find it whole."""


@dataclass(frozen=True)
class Delivery:
    """A file as it was found.

    Attributes:
        source: whose it is.
        path: where it lies.
        bytes: its size.
        modified_ns: when it was modified last, in nanoseconds since 1970.
        known_id: `file_id` of its content, if size and time tell that it has not changed since that was found out.
        error: why it could not be looked at, if so.
        format: what it is read as, where its source leaves that to the file.
    """

    source: Source
    path: Path
    bytes: int
    modified_ns: int
    known_id: str | None = None
    error: str | None = None
    format: Format | None = None

    @property
    def reading(self) -> Source:
        """The settings that it is read with, the format among them."""
        return self.source.model_copy(update={"format": self.format}) if self.format else self.source

    @property
    def moment(self) -> datetime:
        """When it was finished: at the end of the latest day in its name, or when it was modified."""
        day = self.named_day
        return datetime.combine(day, time.max, UTC) if day else datetime.fromtimestamp(self.modified_ns / 1e9, UTC)

    @property
    def name(self) -> str:
        """The path as text, whatever bytes it is made of."""
        return os.fsencode(self.path).decode("utf-8", "replace")

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the bytes as delivered, in hexadecimal; reads the file once."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @property
    def file_id(self) -> str:
        """Identifies source and content, of which the day in the name is part where records may be of that day."""
        day = self.named_day if READ_AS[self.reading.format].dates_by_name else None
        return self.known_id or _identifier(self.source.name, self.sha256, *([day.isoformat()] if day else []))

    @property
    def named_day(self) -> date | None:
        """The latest day in its name, if there is one."""
        days = [day for found in _DATE.finditer(self.path.name) if (day := _day(*found.group(1, 3, 4)))]
        return max(days, default=None)

    @property
    def unreadable_id(self) -> str:
        """Stands for the content while it cannot be read."""
        return _identifier(self.source.name, "path", self.name)

    def check_unchanged(self) -> None:
        """Raise if the file is no longer as it was found.

        Raises:
            OSError: it is gone.
            StillBeingWrittenError: it has another size or time.
        """
        now = self.path.stat()
        if (now.st_size, now.st_mtime_ns) != (self.bytes, self.modified_ns):
            raise StillBeingWrittenError


def landed(settings: Settings, source: Source | OwnTable) -> list[Path]:
    """The source's (or feature table's) files in order of their paths, without hidden ones.

    Folders are passed over where the last part of the path takes any name, and are among the files where it does not.

    Raises:
        ConfigError: the source's path is no glob.
    """
    root, wanted = _glob_of(settings, source)
    if wanted.name == "**":
        wanted /= "*"
    try:
        found = list(root.glob(str(wanted))) if wanted.parts else [root]
    except ValueError as error:
        what = "feature table" if isinstance(source, OwnTable) else "source"
        message = f"{what} {source.name}: path = {source.path!r} cannot be used: {error}"
        raise ConfigError(message) from None
    takes_any_name = set(wanted.name) == {"*"}
    return sorted(
        path for path in found if not _is_hidden(path.relative_to(root)) and not (takes_any_name and _is_folder(path))
    )


def _day(*parts: str) -> date | None:
    try:
        return date(*map(int, parts))
    except ValueError:
        return None


def check_path(settings: Settings, source: Source) -> None:
    """Raise unless files can arrive at a source's path: that none arrives would look like silence.

    Raises:
        ConfigError: the path is no glob, or its fixed part does not exist or cannot be read.
    """
    landed(settings, source)
    root, fixed = _glob_of(settings, source)
    while set(str(fixed)) & set(GLOB_CHARACTERS):
        fixed = fixed.parent
    if not os.access(root / fixed, os.R_OK):
        fault = f"there is no {root / fixed} that can be read; create it or correct the path"
        message = f"sources.{source.name}.path = {source.path!r}: {fault}"
        raise ConfigError(message)


def _glob_of(settings: Settings, source: Source | OwnTable) -> tuple[Path, Path]:
    """A folder and the glob below it; the folders above may hold characters that mean something in a glob."""
    pattern = Path(os.path.normpath(settings.source_glob(source)))
    roots = (settings.home_folder, settings.folder.resolve(), Path(pattern.anchor))
    root = next(root for root in roots if pattern.is_relative_to(root))
    return root, pattern.relative_to(root)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def observed(source: Source, path: Path, known: dict[str, tuple[int, int, str]]) -> Delivery:
    """A path as it is now; `known` has size, time and `file_id` of the paths that were looked at before."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a folder, not a file" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            return Delivery(source, path, 0, 0, error=what)
    except OSError as error:
        return Delivery(source, path, 0, 0, error=error.strerror)
    found = Delivery(source, path, status.st_size, status.st_mtime_ns)
    size, modified_ns, file_id = known.get(found.name, (None, None, None))
    if (size, modified_ns) == (found.bytes, found.modified_ns):
        return Delivery(source, path, found.bytes, found.modified_ns, file_id)
    return found


def _identifier(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:ID_LENGTH]
