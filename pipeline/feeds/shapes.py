"""Messages in the shapes of their receivers: JSON, Slack's blocks, a mail. What a log says acts in none of them."""

from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from pipeline.feeds.messages import Body
from pipeline.report.terminal import visible_text

MOST_SHOWN = 20  # Slack takes 50 blocks
LONGEST_TITLE = 150  # characters of a header, as Slack takes them
BROKEN_AT = "@\u200b"  # what imitates Slack's shape calls everybody at a plain @all


def as_json(body: Body, message_id: str, edition: int) -> dict[str, Any]:
    """The message with what identifies it; text from logs stays as it is, JSON keeps it inert."""
    return {"message_id": message_id, "edition": edition} | body


def as_slack(body: Body, edition: int) -> dict[str, Any]:
    """The message in blocks, with a text for where blocks are not shown."""
    title = _title(body, edition)
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": title[:LONGEST_TITLE], "emoji": False}}
    ]
    blocks += [_section(line) for line in _lines(body)]
    if "link" in body:
        blocks.append(_section(body["link"]))
    return {"text": _inert(title), "blocks": blocks}


def as_mail(
    body: Body, message_id: str, edition: int, *, sender: str, recipients: list[str], written: datetime
) -> EmailMessage:
    """The message as plain text, dated when it was written; its Message-ID is the same however often it is sent."""
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = _title(body, edition)
    mail["From"], mail["To"] = sender, ", ".join(recipients)
    mail["Date"] = written
    mail["Message-ID"] = f"<{message_id}@{sender.rpartition('@')[2].rstrip('>')}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n\n".join([_title(body, edition), *_lines(body), *([body["link"]] if "link" in body else [])]))
    return mail


def _title(body: Body, edition: int) -> str:
    return str(body["title"]) + (f" (edition {edition})" if edition > 1 else "")


def _lines(body: Body) -> list[str]:
    """What a person reads, a paragraph per finding."""
    if "fault" in body:
        return [visible_text(body["fault"])]
    findings = body["findings"]
    rest = len(findings) - MOST_SHOWN
    return [*map(_line, findings[:MOST_SHOWN]), *([f"and {rest} more"] if rest > 0 else [])]


def _line(finding: dict[str, Any]) -> str:
    technique = f" ({visible_text(finding['technique_id'])})" if finding["technique_id"] else ""
    pattern = "" if finding["attack_pattern"] == "unnamed" else f" {visible_text(finding['attack_pattern'])}{technique}"
    head = (
        f"{finding['rank']}. {finding['severity_level']} {finding['severity']:.0f}{pattern} [{finding['finding_id']}]"
    )
    return f"{head}\n{visible_text(finding['explanation'])}"


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": _inert(text), "verbatim": True}}


def _inert(text: str) -> str:
    """Text without Slack's markup of links and mentions."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("@", BROKEN_AT)
