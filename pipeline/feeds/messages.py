"""What is said of a night to a channel: findings from a severity on, or that a run failed. Plain data, nothing is sent.

What does not belong here: how a receiver wants it shaped (shapes), whether it has been said before (outbox).
"""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Any

from pipeline.config import Notification
from pipeline.report.terminal import visible_text
from schemas.report import LEVELS
from schemas.report.outbox import FAILURE, FINDINGS

TOLD = (
    "finding_id", "rank", "severity", "severity_level", "feature_table", "attack_pattern", "technique_id", "size",
    "records", "is_new", "first_seen", "last_seen", "explanation", "reasons",
)  # fmt: skip
ID_LENGTH = 32
Body = dict[str, Any]


def findings_message(channel: Notification, night: date, findings: Sequence[Body]) -> Body:
    """What a channel is told of a night.

    Args:
        channel: whose severity counts.
        night: the night.
        findings: rows of `report.suspicious_clusters`, by rank.
    """
    told = [row for row in findings if LEVELS.index(row["severity_level"]) >= LEVELS.index(channel.severity)]
    levels = Counter(row["severity_level"] for row in told)
    counted = ", ".join(f"{levels[level]} {level}" for level in reversed(LEVELS) if levels[level])
    what = f"{len(told)} finding{'s' * (len(told) != 1)}: {counted}" if told else "no findings"
    shown = [{name: _plain(row[name]) for name in TOLD} for row in told]
    return _body(channel, night, FINDINGS, f"Shoal {night}: {what}") | {"findings": shown}


def failure_message(channel: Notification, night: date, sentence: str, run_id: str) -> Body:
    """What a channel is told of a run that failed.

    Args:
        channel: that is told.
        night: the night of the run.
        sentence: what went wrong.
        run_id: tells runs of the same night apart.
    """
    said = {"fault": visible_text(sentence), "run_id": run_id}
    return _body(channel, night, FAILURE, f"Shoal {night}: the run failed") | said


def content_of(body: Body) -> str:
    """A hash of what a message says."""
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def message_id(channel: str, body: Body, edition: int) -> str:
    """What identifies a message to its receiver, however often it arrives."""
    told = "|".join((channel, body["night"], body["subject"], str(edition), content_of(body)))
    return sha256(told.encode()).hexdigest()[:ID_LENGTH]


def _body(channel: Notification, night: date, subject: str, title: str) -> Body:
    link = {"link": channel.link.replace("{night}", night.isoformat())} if channel.link else {}
    return {"night": night.isoformat(), "subject": subject, "title": title} | link


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
