"""Raw rows for the tests of feature tables."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

NIGHT = date(2026, 1, 12)  # a Monday
DAY_BEFORE = NIGHT - timedelta(days=1)
START = datetime(2026, 1, 12, tzinfo=UTC)
HUGE = 2**63 - 1
_WHERE_FROM = {"source_file": "f", "source": "edge", "file_id": "f"}
_TCP = {"source_ip": "10.0.0.1", "source_port": 40_000, "dest_ip": "192.0.2.7", "dest_port": 443, "protocol": "tcp"}


def dated(number: int, hour: float, day: date) -> dict[str, Any]:
    """When a row is and where it comes from."""
    moment = START + timedelta(days=(day - NIGHT).days, hours=hour)
    return {"timestamp": moment, "log_date": day, "line_number": number + 1} | _WHERE_FROM


def event(number: int, hour: float = 10, day: date = NIGHT, **values: Any) -> dict[str, Any]:
    """An accepted packet."""
    own = {"event_id": f"e{day}{number:04}", "action": "accept", "verdict": "allowed", "bytes": 500}
    return dated(number, hour, day) | _TCP | own | values


def connection(number: int, hour: float = 10, day: date = NIGHT, **values: Any) -> dict[str, Any]:
    """A complete connection."""
    own = {
        "connection_id": f"c{day}{number:04}", "service": "ssl", "state": "SF", "duration": 1.5, "bytes_out": 1_000,
        "bytes_in": 3_000, "packets_out": 10, "packets_in": 12,
    }  # fmt: skip
    return dated(number, hour, day) | _TCP | own | values


def login(number: int, hour: float = 10, day: date = NIGHT, **values: Any) -> dict[str, Any]:
    """A login that succeeds."""
    own = {
        "login_id": f"l{day}{number:04}", "user": "ada", "source_ip": "10.0.0.1", "host": "gate", "service": "ssh",
        "success": True, "session_minutes": 30.0,
    }  # fmt: skip
    return dated(number, hour, day) | own | values
