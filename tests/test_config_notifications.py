"""`[[notifications]]`: what a section may say, and that a fault never repeats a secret."""

from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.config import Settings
from pipeline.config_errors import sentence

HOOK = {"name": "soc", "kind": "webhook", "url": "https://hooks.example.org/s3cret"}
MAIL = {
    "name": "mail", "kind": "smtp", "url": "smtp://mail.example.org:587", "sender": "a@example.org",
    "recipients": ["b@example.org"],
}  # fmt: skip


@pytest.mark.parametrize(
    "section",
    [
        HOOK,
        {"name": "soc", "kind": "slack", "url_env": "SOC_URL", "severity": "low", "nights": "all"},
        MAIL,
        MAIL | {"url": "smtps://[2001:db8::1]", "user": "shoal", "password_env": "MAIL_PASSWORD"},
        {"name": "log", "kind": "file", "path": "{home}/told.jsonl"},
    ],
)
def test_channels_of_every_kind(section: dict[str, Any]) -> None:
    (channel,) = Settings(notifications=[section]).notifications
    assert channel.kind == section["kind"]


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ([HOOK | {"url": "ftp://s3cret.example.org"}], "none of https://host or http://host"),
        ([HOOK | {"url": "https://s3cret.example.org:x"}], "is none"),
        ([HOOK | {"url_env": "SOC_URL"}], "either url or url_env"),
        ([{"name": "soc", "kind": "slack"}], "either url or url_env"),
        ([HOOK | {"token_env": "SHOAL_TOKEN"}], "SHOAL_ set keys"),
        ([HOOK | {"path": "x"}], "has no path"),
        ([HOOK | {"kind": "pager"}], "notifications.0.kind"),
        ([HOOK | {"url_en": "X"}], "did you mean url_env"),
        ([{"name": "log", "kind": "file"}], "needs path"),
        ([{"name": "log", "kind": "file", "path": "a\0b"}], "NUL"),
        ([MAIL | {"recipients": []}], "sender and recipients"),
        ([MAIL | {"user": "shoal"}], "user and password_env together"),
        ([MAIL | {"url": "smtp://shoal:s3cret@mail.example.org"}], "give user and password_env"),
        ([HOOK, HOOK], "two notifications are named soc"),
    ],
)
def test_a_fault_is_a_sentence_without_the_secret(sections: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(ValidationError) as error:
        Settings(notifications=sections)
    said = sentence(error.value, Settings, lambda _: "shoal.toml")
    assert words in said
    assert "s3cret" not in said
