"""Syslog lines without a year, read as of a day that tests know, and where the real logs lie."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ingest_helpers import staged

from pipeline.ingest.landing import Delivery

DATA = Path(__file__).parents[3] / "shared" / "data"
WRITTEN = datetime(2026, 1, 6, tzinfo=UTC)


def records(folder: Path, text: str | list[str], **source: Any) -> list[dict[str, Any]]:
    """What the engine makes of lines that were written by that day."""
    content = text if isinstance(text, str) else "\n".join(text) + "\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Delivery, "moment", WRITTEN)
        return staged(folder, content, **source)


def only(record: dict[str, Any], *names: str) -> tuple[Any, ...]:
    """Some of its fields."""
    return tuple(record[name] for name in names)
