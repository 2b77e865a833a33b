"""Typed settings: `shoal.toml`, then `SHOAL_*` environment variables over it.

What belongs here: the sources, the settings as a whole, and how they are read. What does not: the other sections
(config_sections), what variables hold (config_environment), reading logs, anything that Dagster knows.
"""

import os
import tomllib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import Field, PrivateAttr, ValidationError, field_validator

from pipeline.config_environment import CONFIG_VARIABLE, origin, overlaid, variables_of
from pipeline.config_errors import ConfigError, Origin, sentence
from pipeline.config_report import AttackPatterns, Report
from pipeline.config_sections import (
    AlgorithmName,
    Engine,
    Schedule,
    Section,
    Site,
    Thresholds,
    Training,
    Verdicts,
    without_nul,
)
from pipeline.config_sources import Format, Source, TableName
from pipeline.config_tables import OwnTable

__all__ = [
    "DEFAULT_FILE", "AlgorithmName", "AttackPatterns", "Engine", "Format", "OwnTable", "Report", "Schedule",
    "Settings", "Site", "Source", "TableName", "Thresholds", "Training", "Verdicts", "config_file", "load",
]  # fmt: skip

DEFAULT_FILE = "shoal.toml"
PUBLISHED_STATE = 42  # of the published recipes; their other parameters stand with the algorithms


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
    feature_tables: list[OwnTable] = Field(default_factory=list)
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

    @field_validator("feature_tables")
    @classmethod
    def _tables_are_unique(cls, value: list[OwnTable]) -> list[OwnTable]:
        names = [own.name for own in value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            message = f"two feature tables are named {twice[0]}; give each its own name"
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

    def geoip_file(self, source: Source) -> Path | None:
        """The absolute path of a source's database of countries, if it names one."""
        return self._located(source.geoip) if source.geoip else None

    def source_glob(self, source: Source | OwnTable) -> Path:
        """The absolute glob of the files of a source or of a feature table that has files."""
        return self._located(source.path or "")

    def _located(self, path: str) -> Path:
        """A path from the folder of the configuration file, in which {home} is the home folder."""
        return self.folder.resolve() / path.replace("{home}", str(self.home_folder))


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
