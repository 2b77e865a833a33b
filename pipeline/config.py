"""Typed settings: `shoal.toml`, then `SHOAL_*` environment variables over it.

What belongs here: every key that a person may set, its default, its meaning and its bounds. What does not: reading
logs, opening the warehouse, anything that Dagster knows.
"""

import os
import tomllib
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Literal, get_args
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from pipeline.config_errors import ConfigError, sentence
from schemas.fields import FIELDS

DEFAULT_FILE = "shoal.toml"
Format = Literal[
    "ecs_json",
    "flat_json",
    "csv",
    "parquet",
    "zeek",
    "suricata_eve",
    "cisco_asa",
    "iptables",
    "mikrotik",
    "pf",
    "cef",
    "argus",
    "vpc_flow",
    "auth_log",
    "windows_events",
    "user_csv",
    "packet_csv",
    "pcap",
    "cloudtrail",
    "s3_access",
    "auto",
]
TableName = Literal["security_events", "connections", "logins"]
AlgorithmName = Literal["kmeans", "dbscan"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _known_zone(value: str) -> str:
    if value not in available_timezones():
        close = get_close_matches(value, available_timezones(), n=1)
        hint = f"; did you mean {close[0]}?" if close else ", such as Europe/Berlin"
        message = f"name a zone of the IANA database{hint}"
        raise ValueError(message)
    return value


class Engine(_Section):
    """Where whole-table work happens."""

    name: Literal["duckdb"] = Field("duckdb", description="the engine")
    memory_limit: str = Field(
        "1GB",
        pattern=r"^\d+(\.\d+)?\s?(MB|GB|MiB|GiB)$",
        description="memory of the engine before it spills to disk",
    )
    threads: int | None = Field(None, ge=1, description="threads of the engine; all cores by default")
    lock_timeout_seconds: float = Field(
        60, ge=0, description="how long to wait for another process that holds the warehouse"
    )


class Source(_Section):
    """One configured stream of log files."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="lower-case name")
    format: Format = Field(description="how its files are read, see `shoal formats`")
    path: str = Field(
        min_length=1,
        description="glob of its files, from the folder of the configuration file; {home} is the home folder",
    )
    timezone: str = Field("UTC", description="zone of timestamps that name none")
    keep_raw: bool = Field(False, description="keep each event as read, in its raw_data")
    table: TableName = Field("security_events", description="which table the records of a generic format fill")
    columns: dict[str, str] = Field(
        default_factory=dict, description="our column = the file's column; unnamed ones keep their own name"
    )
    timestamp_format: str | None = Field(
        None, description="strptime format of timestamps that are not ISO 8601, such as %m/%d/%y %H:%M"
    )
    geoip: str | None = Field(
        None,
        min_length=1,
        description="database of countries in MaxMind's format, from the folder of the configuration file",
    )
    delimiter: str = Field(",", min_length=1, max_length=1, description="between the columns of a CSV file")

    _zone = field_validator("timezone")(_known_zone)

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        table = info.data.get("table", "security_events")
        known = FIELDS[table]
        if unknown := sorted(set(value) - set(known)):
            close = get_close_matches(unknown[0], known, n=1)
            hint = f"; did you mean {close[0]}?" if close else f"; use one of {', '.join(sorted(known))}"
            message = f"{unknown[0]} is no column of {table} that a source can fill{hint}"
            raise ValueError(message)
        return value


class Site(_Section):
    """What is usual at the site."""

    timezone: str = Field("UTC", description="zone of the business hours")
    business_hours: tuple[int, int] = Field(
        (9, 18), description="first hour and the hour after the last one, on working days"
    )

    _zone = field_validator("timezone")(_known_zone)

    @field_validator("business_hours")
    @classmethod
    def _in_order(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not 0 <= value[0] < value[1] <= 24:
            message = "give two hours from 0 to 24, the earlier one first, such as [9, 18]"
            raise ValueError(message)
        return value


class Verdicts(_Section):
    """What actions mean: shell patterns, case ignored; `other` is tried first, then blocked, then allowed."""

    blocked: list[str] = Field(
        default_factory=lambda: ["*drop*", "*block *", "block", "blocked", "*den[yi]*", "*reject*", "reset*"],
        description="the traffic did not pass",
    )
    allowed: list[str] = Field(
        default_factory=lambda: ["*accept*", "*allow*", "*permit*", "pass", "passed"],
        description="the traffic passed",
    )
    other: list[str] = Field(
        default_factory=lambda: ["*add blocker*", "*blocklist*"],
        description="known, but neither: a note about traffic that another event already tells of",
    )


class Training(_Section):
    """What the models are fitted on."""

    window_days: int = Field(7, ge=1, le=90, description="nights of the baseline window")
    algorithms: list[AlgorithmName] = Field(default_factory=lambda: list(get_args(AlgorithmName)), min_length=1)

    @field_validator("algorithms")
    @classmethod
    def _named_once(cls, value: list[AlgorithmName]) -> list[AlgorithmName]:
        if len(set(value)) < len(value):
            message = "an algorithm is named twice; name each once"
            raise ValueError(message)
        return value

    random_state: int = Field(42, ge=0, description="seed of everything that draws")
    seed_compatible: bool = Field(
        False, description="the parameters and columns of the published recipes, as a test oracle"
    )
    max_patterns: int = Field(
        20_000, ge=100, description="distinct feature rows that a fit takes; beyond, a seeded weighted sample"
    )
    max_neighbour_pairs: int = Field(
        50_000_000, ge=1, description="neighbour pairs that DBSCAN may hold; beyond, a seeded weighted sample"
    )


class Thresholds(_Section):
    """When a score is an anomaly."""

    method: Literal["percentile", "sigma", "manual"] = "percentile"
    percentile: float = Field(95, gt=0, lt=100, description="of the baseline's scores (method percentile)")
    sigma: float = Field(2, gt=0, description="standard deviations above the baseline's mean distance (method sigma)")
    manual: float | None = Field(
        None, ge=0, le=1, description="score above which an entity is an anomaly (method manual)"
    )
    max_alerts_per_night: int = Field(200, ge=0, description="events shown per night")

    @model_validator(mode="after")
    def _manual_has_a_value(self) -> "Thresholds":
        if self.method == "manual" and self.manual is None:
            message = "method manual needs thresholds.manual, a score from 0 to 1"
            raise ValueError(message)
        return self


class Report(_Section):
    """What makes a cluster suspicious, and how much is shown."""

    suspicious_countries: list[str] = Field(
        default_factory=list, description="countries as the logs name them; none by default"
    )
    max_findings: int = Field(20, ge=1, description="findings per night")
    blocked_share: float = Field(
        0.7, ge=0, le=1, description="share of blocked events above which a cluster is suspicious"
    )
    night_share_ratio: float = Field(3, gt=1, description="times the site's own share of events between 0 and 5 h")
    sources_per_destination: float = Field(10, gt=1, description="distinct sources of one destination")
    country_share: float = Field(0.3, ge=0, le=1, description="share of events from suspicious countries")


class Schedule(_Section):
    """When nights run by themselves."""

    timezone: str = Field("UTC", description="zone of the time below; nights themselves are UTC days")
    hour: int = Field(2, ge=0, le=23)
    minute: int = Field(30, ge=0, le=59)
    first_night: str = Field("2026-01-05", pattern=r"^\d{4}-\d{2}-\d{2}$", description="first night that can be run")

    _zone = field_validator("timezone")(_known_zone)

    @field_validator("first_night")
    @classmethod
    def _is_a_day(cls, value: str) -> str:
        date.fromisoformat(value)
        return value


class Settings(BaseSettings):
    """All of it."""

    model_config = SettingsConfigDict(env_prefix="SHOAL_", env_nested_delimiter="__", extra="forbid", frozen=True)

    home: Path = Field(Path("shoal_home"), description="warehouse, published copy, reports, Dagster's own state")
    engine: Engine = Engine()
    sources: list[Source] = Field(default_factory=list)
    site: Site = Site()
    verdicts: Verdicts = Verdicts()
    training: Training = Training()
    thresholds: Thresholds = Thresholds()
    report: Report = Report()
    schedule: Schedule = Schedule()
    folder: Path = Field(Path(), description="folder of the configuration file, set when it is read", exclude=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment variables win over the file, whose content comes in as arguments."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @field_validator("sources")
    @classmethod
    def _names_are_unique(cls, value: list[Source]) -> list[Source]:
        names = [source.name for source in value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            message = f"two sources are named {twice[0]}; give each its own name"
            raise ValueError(message)
        return value

    @property
    def home_folder(self) -> Path:
        """The home folder, absolute."""
        return (self.folder / self.home).resolve()

    @property
    def warehouse_file(self) -> Path:
        """The live DuckDB file; only the pipeline opens it."""
        return self.home_folder / "warehouse.duckdb"

    @property
    def published_folder(self) -> Path:
        """The copy that people and dashboards read."""
        return self.home_folder / "published"

    @property
    def reports_folder(self) -> Path:
        """One folder per night."""
        return self.home_folder / "reports"

    def geoip_file(self, source: Source) -> Path | None:
        """The absolute path of a source's database of countries, if it names one."""
        return self._located(source.geoip) if source.geoip else None

    def source_glob(self, source: Source) -> Path:
        """The absolute glob of a source's files."""
        return self._located(source.path)

    def _located(self, path: str) -> Path:
        """A path from the folder of the configuration file, in which {home} is the home folder."""
        return self.folder.resolve() / path.replace("{home}", str(self.home_folder))


def load(path: Path | str | None = None) -> Settings:
    """Settings from the named file, `SHOAL_CONFIG`, or `shoal.toml` in this folder.

    Raises:
        ConfigError: the file is missing or damaged, or a key is unknown or has a wrong value.
    """
    named = path or os.environ.get("SHOAL_CONFIG")
    file = Path(named or DEFAULT_FILE)
    if not file.is_file():
        origin = "--config or SHOAL_CONFIG" if named else "the current folder"
        remedy = f"name one with --config or copy the sample {DEFAULT_FILE}"
        message = f"there is no configuration file {file} (from {origin}); {remedy}"
        raise ConfigError(message)
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{file} is no valid TOML: {error}"
        raise ConfigError(message) from None
    try:
        return Settings(**(content | {"folder": file.parent.resolve()}))
    except ValidationError as error:
        raise ConfigError(sentence(error, file, Settings)) from None
