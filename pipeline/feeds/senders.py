"""Hands a message to its receiver, once: over HTTP, by mail, into a file. Addresses and secrets stay out of faults.

What does not belong here: what a message looks like (shapes), when it is tried again (delivery).
"""

import json
import os
import smtplib
import ssl
from urllib.parse import urlsplit

import requests

from pipeline.config import Notification, Settings
from pipeline.config_notifications import url_fault
from pipeline.feeds import shapes
from pipeline.feeds.outbox import Message
from pipeline.report.terminal import visible_text

LATER = {408, 425, 429}  # answers below 500 that ask to come again
SHOWN = 200  # characters of a receiver's answer
SMTP_PORTS = {"smtp": 25, "smtps": 465}


class UnreachableError(RuntimeError):
    """The receiver did not answer, or asked to come again; `after` are the seconds that it asked for."""

    def __init__(self, sentence: str, after: float = 0.0) -> None:
        super().__init__(sentence)
        self.after = after


class RefusedError(RuntimeError):
    """The receiver does not take the message, or the channel cannot be used; trying at once again would not help."""


def send(settings: Settings, channel: Notification, message: Message) -> str | None:
    """Send a message; return a remark if it arrived with one.

    Raises:
        UnreachableError: it is worth another attempt.
        RefusedError: it is not.
    """
    if channel.kind == "smtp":
        return _mail(channel, message)
    if channel.kind == "file":
        _append(settings, channel, message)
    else:
        _post(channel, message)
    return None


def _post(channel: Notification, message: Message) -> None:
    """Post JSON; the header names the message as the body does, for receivers that drop repetitions."""
    content = (
        shapes.as_slack(message.body, message.edition)
        if channel.kind == "slack"
        else shapes.as_json(message.body, message.message_id, message.edition)
    )
    headers = {"Idempotency-Key": message.message_id, "User-Agent": "shoal"}
    if channel.token_env:
        headers["Authorization"] = f"Bearer {_secret(channel.token_env)}"
    try:
        answer = requests.post(
            _url(channel), json=content, headers=headers, timeout=channel.timeout_seconds, allow_redirects=False
        )
    except (requests.ConnectionError, requests.Timeout) as error:
        message_text = f"the receiver cannot be reached ({type(error).__name__})"
        raise UnreachableError(message_text) from None
    except (requests.RequestException, UnicodeError) as error:
        message_text = f"the address cannot be used ({type(error).__name__})"
        raise RefusedError(message_text) from None
    _judge(answer)


def _judge(answer: requests.Response) -> None:
    if answer.ok and not answer.is_redirect:
        return
    said = visible_text(answer.text[:SHOWN])
    sentence = f"the receiver answered {answer.status_code}" + (f": {said}" if said else "")
    if answer.status_code in LATER or answer.status_code >= 500:
        asked = answer.headers.get("Retry-After", "")
        raise UnreachableError(sentence, float(asked) if asked.isdigit() else 0.0)
    raise RefusedError(sentence)


def _mail(channel: Notification, message: Message) -> str | None:
    mail = shapes.as_mail(
        message.body,
        message.message_id,
        message.edition,
        sender=channel.sender or "",
        recipients=channel.recipients,
        written=message.written,
    )
    try:
        with _mail_server(channel) as server:
            _log_in(server, channel)
            refused = server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        raise _mail_fault(max(code for code, _ in error.recipients.values())) from None
    except smtplib.SMTPResponseException as error:
        raise _mail_fault(error.smtp_code) from None
    except (smtplib.SMTPException, OSError) as error:
        sentence = f"the mail server cannot be reached ({type(error).__name__})"
        raise UnreachableError(sentence) from None
    return f"the mail server refused {len(refused)} of the recipients" if refused else None


def _mail_server(channel: Notification) -> smtplib.SMTP:
    parts = urlsplit(_url(channel))
    host, port = parts.hostname or "", parts.port or SMTP_PORTS[parts.scheme]
    if parts.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port, timeout=channel.timeout_seconds, context=context)
    return smtplib.SMTP(host, port, timeout=channel.timeout_seconds)


def _log_in(server: smtplib.SMTP, channel: Notification) -> None:
    """Turn to TLS where the server can, and log in if a user is configured; a password goes over TLS only."""
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
    elif channel.user and not isinstance(server, smtplib.SMTP_SSL):
        sentence = "the mail server offers no TLS, and a password is not sent without"
        raise RefusedError(sentence)
    if channel.user:
        server.login(channel.user, _secret(channel.password_env or ""))


def _mail_fault(code: int) -> UnreachableError | RefusedError:
    """What an answer of a mail server means: from 500 on it is final."""
    sentence = f"the mail server answered {code}"
    return RefusedError(sentence) if code >= 500 else UnreachableError(sentence)


def _append(settings: Settings, channel: Notification, message: Message) -> None:
    line = json.dumps(shapes.as_json(message.body, message.message_id, message.edition)) + "\n"
    file = settings.notification_file(channel)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="ascii") as lines:
            lines.write(line)
    except OSError as error:
        sentence = f"the file cannot be written: {error.strerror}"
        raise UnreachableError(sentence) from None


def _url(channel: Notification) -> str:
    if channel.url:
        return channel.url
    url = _secret(channel.url_env or "")
    if fault := url_fault(channel.kind, url):
        sentence = f"the address in the environment variable {channel.url_env} {fault}"
        raise RefusedError(sentence)
    return url


def _secret(variable: str) -> str:
    value = os.environ.get(variable)
    if not value:
        sentence = f"the environment variable {variable} is not set where Shoal runs"
        raise RefusedError(sentence)
    return value
