"""Typed settings: `shoal.toml`, then `SHOAL_*` environment variables over it.

What belongs here: the sources, the settings as a whole, and how they are read. What does not: the other sections
(config_sections), what variables hold (config_environment), reading logs, anything that Dagster knows.
"""

import os
import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, ValidationError, field_validator

from pipeline.config_environment import CONFIG_VARIABLE, origin, overlaid, variables_of
from pipeline.config_errors import ConfigError, Origin, sentence
from pipeline.config_sections import (
    AlgorithmName,
    Engine,
    Report,
    Schedule,
    Section,
    Site,
    Thresholds,
    Training,
    Verdicts,
    known_zone,
    without_nul,
)

__all__ = [
    "DEFAULT_FILE", "MAPPABLE_COLUMNS", "AlgorithmName", "Engine", "Format", "Report", "Schedule", "Settings", "Site",
    "Source", "Thresholds", "Training", "Verdicts", "config_file", "load",
]  # fmt: skip

DEFAULT_FILE = "shoal.toml"
PUBLISHED_STATE = 42  # of the published recipes; their other parameters stand with the algorithms
Format = Literal["ecs_json", "flat_json", "csv"]


class Source(Section):
    """One configured stream of log files."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="lower-case name")
    format: Format = Field(description="how its files are read, see `shoal formats`")
    path: str = Field(
        min_length=1,
        description="glob of its files, from the folder of the configuration file; {home} is the home folder",
    )
    timezone: str = Field("UTC", description="zone of timestamps that name none")
    keep_raw: bool = Field(False, description="keep each record as read in raw_data")
    columns: dict[str, str] = Field(
        default_factory=dict, description="our column = the file's column; unnamed ones keep their own name"
    )
    timestamp_format: str | None = Field(
        None, description="strptime format of timestamps that are not ISO 8601, such as %m/%d/%y %H:%M"
    )
    delimiter: str = Field(",", min_length=1, max_length=1, description="between the columns of a CSV file")

    _zone = field_validator("timezone")(known_zone)
    _path = field_validator("path")(without_nul)

    @field_validator("delimiter")
    @classmethod
    def _separates(cls, value: str) -> str:
        if value.isalnum() or value in '"\r\n\0':
            message = "it can stand in values or ends a line; give one such as , ; | or a tab"
            raise ValueError(message)
        return value

    @field_validator("columns")
    @classmethod
    def _known_columns(cls, value: dict[str, str]) -> dict[str, str]:
        known = set(MAPPABLE_COLUMNS)
        if unknown := sorted(set(value) - known):
            close = get_close_matches(unknown[0], known, n=1)
            hint = f"; did you mean {close[0]}?" if close else f"; use one of {', '.join(sorted(known))}"
            message = f"{unknown[0]} is no column that a source can fill{hint}"
            raise ValueError(message)
        return value


MAPPABLE_COLUMNS = (
    "timestamp",
    "source_ip",
    "source_port",
    "dest_ip",
    "dest_port",
    "action",
    "protocol",
    "bytes",
    "country",
    "label",
)


class Settings(Section):
    """All of it; `load` reads it.

    Args:
        values: the keys as a file has them.
        folder: that relative paths start from: the configuration file's. It is not a key.
        more: keys by name, in place of `values` or over them.
    """

    home: Path = Field(Path("shoal_home"), description="warehouse, published copy, reports, Dagster's own state")
    engine: Engine = Engine()
    sources: list[Source] = Field(default_factory=list)
    site: Site = Site()
    verdicts: Verdicts = Verdicts()
    training: Training = Training()
    thresholds: Thresholds = Thresholds()
    report: Report = Report()
    schedule: Schedule = Schedule()
    _folder: Path = PrivateAttr()

    def __init__(self, values: Mapping[str, Any] | None = None, /, *, folder: Path = Path(), **more: Any) -> None:
        super().__init__(**(dict(values or {}) | more))
        self._folder = folder

    _home = field_validator("home")(without_nul)

    @field_validator("sources")
    @classmethod
    def _names_are_unique(cls, value: list[Source]) -> list[Source]:
        names = [source.name for source in value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            message = f"two sources are named {twice[0]}; give each its own name"
            raise ValueError(message)
        return value

    @property
    def folder(self) -> Path:
        """The folder that relative paths start from."""
        return self._folder

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

    def compatible(self) -> "Settings":
        """These settings with the published recipes' fixed parameters."""
        training = self.training.model_copy(update={"seed_compatible": True, "random_state": PUBLISHED_STATE})
        return self.model_copy(update={"training": training})

    def source_glob(self, source: Source) -> Path:
        """The absolute glob of a source's files."""
        return self.folder.resolve() / source.path.replace("{home}", str(self.home_folder))


def config_file(named: Path | str | None = None) -> Path:
    """The configuration file: the named one, that of `SHOAL_CONFIG`, or `shoal.toml` in the current folder."""
    return Path(named or os.environ.get(CONFIG_VARIABLE) or DEFAULT_FILE)


def load(path: Path | str | None = None) -> Settings:
    """Settings from the configuration file, with environment variables over it.

    Raises:
        ConfigError: the file is missing or damaged, a key is unknown or has a wrong value, or home can be no folder.
    """
    file = config_file(path)
    content = _content(file)
    variables = variables_of(os.environ)
    source_of = partial(origin, file, variables)
    try:
        settings = Settings(overlaid(content, variables), folder=file.parent.resolve())
    except ValidationError as error:
        raise ConfigError(sentence(error, Settings, source_of)) from None
    _check_home(settings, source_of)
    return settings


def _content(file: Path) -> dict[str, Any]:
    if not file.exists():
        remedy = f"name one with --config or {CONFIG_VARIABLE}, or copy the sample {DEFAULT_FILE}"
        message = f"there is no configuration file {file}; {remedy}"
        raise ConfigError(message)
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}; name another file with --config or {CONFIG_VARIABLE}"
        raise ConfigError(message) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{file} is no valid TOML: {error}"
        raise ConfigError(message) from None


def _check_home(settings: Settings, source_of: Origin) -> None:
    """Raise if the home folder does not exist and cannot be made because something else is in its place."""
    try:
        home = settings.home_folder
        found = next(place for place in (home, *home.parents) if place.exists())
        fault = "" if found.is_dir() else f"{found} is no folder"
    except (OSError, RuntimeError) as error:  # too long a name, a link to itself
        fault = str(error)
    if fault:
        message = f"{source_of(('home',))}: home = {str(settings.home)!r} cannot be used: {fault}; name a folder"
        raise ConfigError(message)
