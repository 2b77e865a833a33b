"""The sections of the configuration: every key that a person may set, its default, its meaning and its bounds.

What belongs here: one model per section that needs nothing but itself. What does not: the sources and the whole
(config), reading files and variables.
"""

from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, TypeVar, get_args
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator

AlgorithmName = Literal["kmeans", "dbscan", "mean_shift", "gaussian_mixture"]
PathOrText = TypeVar("PathOrText", Path, str)
LEAST_MEGABYTES = 100
FIRST_POSSIBLE, LAST_POSSIBLE = date(1970, 1, 1), date(2999, 12, 31)


class Section(BaseModel):
    """Keys that belong together: none may be unknown, none changes once it is read, no number is infinite."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def known_zone(value: str) -> str:
    """Validates the name of a time zone."""
    if value not in available_timezones():
        close = get_close_matches(value, available_timezones(), n=1)
        hint = f"; did you mean {close[0]}?" if close else ", such as Europe/Berlin"
        message = f"name a zone of the IANA database{hint}"
        raise ValueError(message)
    return value


def without_nul(value: PathOrText) -> PathOrText:
    """Validates a path: no file system takes a NUL character."""
    if "\0" in str(value):
        message = "a path holds no NUL character; take it out"
        raise ValueError(message)
    return value


class Engine(Section):
    """Where whole-table work happens."""

    name: Literal["duckdb"] = Field("duckdb", description="the engine")
    memory_limit: str = Field(
        "1GB",
        pattern=r"^[0-9]{1,6}(\.[0-9]+)? ?(MB|GB|MiB|GiB)$",
        description="memory of the engine before it spills to disk",
    )
    threads: int | None = Field(
        None, ge=1, le=1024, description="threads of the engine; by default those that are of use, one per core at most"
    )
    lock_timeout_seconds: float = Field(
        60, ge=0, description="how long to wait for another process that holds the warehouse"
    )

    @field_validator("memory_limit")
    @classmethod
    def _is_enough(cls, value: str) -> str:
        megabytes = float(value.rstrip("MGiB ")) * (1000 if "G" in value else 1)
        if megabytes < LEAST_MEGABYTES:
            message = f"give the engine at least {LEAST_MEGABYTES}MB, such as 1GB"
            raise ValueError(message)
        return value


class Site(Section):
    """What is usual at the site."""

    timezone: str = Field("UTC", description="zone of the business hours")
    business_hours: tuple[int, int] = Field(
        (9, 18), description="first hour and the hour after the last one, on working days"
    )

    _zone = field_validator("timezone")(known_zone)

    @field_validator("business_hours")
    @classmethod
    def _in_order(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not 0 <= value[0] < value[1] <= 24:
            message = "give two hours from 0 to 24, the earlier one first, such as [9, 18]"
            raise ValueError(message)
        return value


class Verdicts(Section):
    """What actions mean: shell patterns, case ignored; `other` is tried first, then blocked, then allowed.

    That order is why what denies a broad word stands before it: "disallowed" is blocked, "not blocked" is not.
    """

    blocked: list[str] = Field(
        default_factory=lambda: [
            "*block*", "*drop*", "*den[yi]*", "*reject*", "reset*",
            "*disallow*", "*not?allow*", "*not?permit*", "*not?accept*",
        ],
        description="the traffic did not pass",
    )  # fmt: skip
    allowed: list[str] = Field(
        default_factory=lambda: ["*accept*", "*allow*", "*permit*", "pass", "passed"],
        description="the traffic passed",
    )
    other: list[str] = Field(
        default_factory=lambda: [
            "*blocker*", "*blocklist*", "*unblock*",
            "*not?block*", "*not?drop*", "*not?den[yi]*", "*not?reject*",
        ],
        description="known, but neither: notes about lists of addresses, what was not done",
    )  # fmt: skip


class Training(Section):
    """What the models are fitted on."""

    window_days: int = Field(7, ge=1, le=90, description="nights of the baseline window")
    algorithms: list[AlgorithmName] = Field(
        list(get_args(AlgorithmName)), min_length=1, description="fitted side by side"
    )
    consensus: bool = Field(
        True, description="a further model, the consensus of an ensemble; never with the published recipes"
    )
    random_state: int = Field(42, ge=0, description="seed of everything that draws")
    seed_compatible: bool = Field(
        False, description="the parameters and columns of the published recipes, as a test oracle"
    )
    n_jobs: int | None = Field(None, ge=1, le=1024, description="processes that fit and score; one per core by default")
    clean: bool = Field(True, description="whether rows that the consensus before found extreme stay out of the fits")
    cleaning_cap: float = Field(0.15, ge=0, lt=1, description="largest share of the baseline's rows that stays out so")
    min_agreement: float = Field(
        0.05, ge=-1, le=1, description="adjusted Rand index with the model before, below which that one stays"
    )
    max_model_age: int = Field(7, ge=1, description="nights that a kept or pinned model may score before it warns")
    max_patterns: int = Field(
        20_000, ge=100, description="distinct feature rows that a fit takes; beyond, a seeded weighted sample"
    )
    max_neighbour_pairs: int = Field(
        50_000_000, ge=1, description="neighbour pairs that DBSCAN may hold; beyond, a seeded weighted sample"
    )

    @field_validator("algorithms")
    @classmethod
    def _named_once(cls, value: list[AlgorithmName]) -> list[AlgorithmName]:
        if len(set(value)) < len(value):
            message = "an algorithm is named twice; name each once"
            raise ValueError(message)
        return value


class Schedule(Section):
    """When nights run by themselves."""

    timezone: str = Field("UTC", description="zone of the time below; nights themselves are UTC days")
    hour: int = Field(2, ge=0, le=23, description="hour of the run")
    minute: int = Field(30, ge=0, le=59, description="minute of the run")
    first_night: str = Field(
        "2026-01-05", pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="first night that can be run"
    )

    late_days: int = Field(
        7,
        ge=0,
        le=90,
        description="nights back for which late logs request their nights again by themselves; 0 for none",
    )
    late_minutes: int = Field(15, ge=1, le=1440, description="minutes between two looks for late logs")

    _zone = field_validator("timezone")(known_zone)

    @field_validator("first_night", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        # TOML knows dates
        return value.isoformat() if isinstance(value, date) else value

    @field_validator("first_night")
    @classmethod
    def _is_a_day(cls, value: str) -> str:
        if not FIRST_POSSIBLE <= date.fromisoformat(value) <= LAST_POSSIBLE:
            message = f"name a day from {FIRST_POSSIBLE} to {LAST_POSSIBLE}"
            raise ValueError(message)
        return value
