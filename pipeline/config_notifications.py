"""Who is told of a night: one `[[notifications]]` section per channel.

What belongs here: what a section may say. Secrets stand in environment variables that it names. What does not: what a
message says, how it is sent (feeds).
"""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from pipeline.config_sections import Section, without_nul

Level = Literal["low", "medium", "high", "critical"]
KindName = Literal["webhook", "slack", "smtp", "file"]
SCHEMES = {"webhook": ("https", "http"), "slack": ("https", "http"), "smtp": ("smtp", "smtps")}
KEYS = {
    "webhook": {"url", "url_env", "token_env"},
    "slack": {"url", "url_env"},
    "smtp": {"url", "url_env", "sender", "recipients", "user", "password_env"},
    "file": {"path"},
}
RESERVED = "SHOAL_"  # such variables set keys of the configuration


class Notification(Section):
    """A channel: where messages go, and which."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="lower-case name of the channel")
    kind: KindName = Field(description="webhook (JSON), slack (its shape, which others take too), smtp or file")
    url: str | None = Field(None, description="https://... of a webhook, smtp://host:port or smtps://host:port")
    url_env: str | None = Field(None, description="in place of url: environment variable that holds it")
    token_env: str | None = Field(None, description="environment variable with the bearer token of a webhook")
    sender: str | None = Field(None, description="address that mails come from")
    recipients: list[str] = Field(default_factory=list, description="addresses that mails go to")
    user: str | None = Field(None, description="who logs in to the mail server")
    password_env: str | None = Field(None, description="environment variable with that user's password")
    path: str | None = Field(
        None, min_length=1, description="file that a JSON line is added to; {home} is the home folder"
    )
    severity: Level = Field("high", description="least severity of the findings that are told")
    nights: Literal["with_findings", "all"] = Field("with_findings", description="which nights are told")
    failures: bool = Field(True, description="whether a failed run is told, too")
    link: str | None = Field(None, description="address of the page for those who read it; {night} is the night")
    attempts: int = Field(3, ge=1, le=10, description="attempts of a delivery before it waits for the next night")
    retry_seconds: float = Field(1, ge=0, le=60, description="wait before the second attempt; doubles with each")
    timeout_seconds: float = Field(10, gt=0, le=120, description="how long a receiver may take to answer")
    keep_days: int = Field(30, ge=1, description="days after which a message that nobody took is given up")

    @field_validator("path")
    @classmethod
    def _path(cls, value: str | None) -> str | None:
        return without_nul(value) if value else value

    @field_validator("url_env", "token_env", "password_env")
    @classmethod
    def _is_no_key(cls, value: str | None) -> str | None:
        if value and value.upper().startswith(RESERVED):
            message = f"variables that start with {RESERVED} set keys of the configuration; name the variable otherwise"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Notification":
        given = {key for keys in KEYS.values() for key in keys if getattr(self, key)}
        if other := sorted(given - KEYS[self.kind]):
            message = f"{self.name} is of the kind {self.kind}, which has no {other[0]}; take it out"
            raise ValueError(message)
        if self.kind == "file" and not self.path:
            message = f"{self.name} needs path, the file that messages are added to"
            raise ValueError(message)
        if self.kind != "file" and (self.url is None) == (self.url_env is None):
            message = f"{self.name} needs either url or url_env; give one of them"
            raise ValueError(message)
        if self.kind == "smtp" and not (self.sender and self.recipients):
            message = f"{self.name} needs sender and recipients, addresses such as soc@example.org"
            raise ValueError(message)
        if bool(self.user) != bool(self.password_env):
            message = f"{self.name} needs user and password_env together, or neither"
            raise ValueError(message)
        if self.url and (fault := url_fault(self.kind, self.url)):
            message = f"the url of {self.name} {fault}"
            raise ValueError(message)
        return self


def url_fault(kind: str, url: str) -> str | None:
    """What is wrong with the address of a receiver, without repeating it: it may hold a secret."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return "is none"
    schemes = SCHEMES[kind]
    if parts.scheme not in schemes or not parts.hostname:
        return f"is none of {' or '.join(f'{scheme}://host' for scheme in schemes)}"
    if kind == "smtp" and (parts.username or parts.password):
        return "names a user; give user and password_env instead"
    return None
