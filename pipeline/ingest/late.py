"""Finds logs that arrived late or changed: files whose content nobody has read, of nights that have been reported.

It asks the published copy for what is known, so that it never waits for the warehouse. Here: which files. Not here:
which nights they make stale, which only reading tells (states), and what is done about them (sensors).
"""

import hashlib
from collections.abc import Collection, Iterable
from datetime import date

from pipeline.config import Settings
from pipeline.ingest.landing import ID_LENGTH, Delivery, landed, observed
from pipeline.ingest.manifest import Manifest


def late_files(settings: Settings, known: Manifest, reported: Collection[date], since: date) -> list[Delivery]:
    """The files that no night will read by itself, in order of sources and paths.

    Args:
        settings: names the sources.
        known: what was read.
        reported: nights that have been run.
        since: a file that names a day before this one is too late.

    Raises:
        ConfigError: a source's path is no glob.
    """
    found = (
        observed(source, path, known.deliveries.get(source.name, {}))
        for source in settings.sources
        for path in landed(settings, source)
    )
    # hashing is for the few that pass all else
    return [file for file in found if _is_awaited(file, reported, since) and _is_unread(file, known)]


def _is_awaited(file: Delivery, reported: Collection[date], since: date) -> bool:
    """Whether its records may be of reported nights; what names a night that is still to come is that night's."""
    day = file.named_day
    return file.error is None and (day is None or (day >= since and day in reported))


def _is_unread(file: Delivery, known: Manifest) -> bool:
    """Whether its content is new: not what its path held, nor what lay elsewhere, nor what could not be read before."""
    if file.known_id or file.unreadable_id in known.files:
        return False
    if not any(row.bytes == file.bytes for row in known.files.values()):
        return True
    try:
        return all(row.sha256 != file.sha256 for row in known.files.values())
    except OSError:
        return True


def states(files: Iterable[Delivery]) -> set[str]:
    """What tells each file, as it is now, from all others and from what it was."""
    return {fingerprint([file.source.name, file.name, str(file.bytes), str(file.modified_ns)]) for file in files}


def fingerprint(parts: Iterable[str]) -> str:
    """A short hash of texts in their order."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:ID_LENGTH]
