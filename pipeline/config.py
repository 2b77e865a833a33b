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

from pydantic import Field, PrivateAttr, ValidationError, ValidationInfo, field_validator, model_validator

from pipeline.config_drift import Drift
from pipeline.config_environment import CONFIG_VARIABLE, origin, overlaid, variables_of
from pipeline.config_errors import ConfigError, Origin, sentence
from pipeline.config_evaluation import Evaluation
from pipeline.config_notifications import Notification
from pipeline.config_report import AttackPatterns, Report
from pipeline.config_retention import Retention
from pipeline.config_sections import (
    AlgorithmName,
    Engine,
    Schedule,
    Section,
    Site,
    Training,
    Verdicts,
    without_nul,
)
from pipeline.config_sources import Format, Source, TableName
from pipeline.config_tables import BUILT_IN, OwnTable
from pipeline.config_thresholds import Override, Thresholds

__all__ = [
    "DEFAULT_FILE", "AlgorithmName", "AttackPatterns", "Drift", "Engine", "Evaluation", "Format", "Notification",
    "OwnTable", "Report", "Schedule", "Settings", "Site", "Source", "TableName", "Thresholds", "Training", "Verdicts",
    "config_file", "load",
]  # fmt: skip

DEFAULT_FILE = "shoal.toml"
# the 4th percentile of the log density, which is the 96th of the distance
PUBLISHED_LIMITS: tuple[dict[str, Any], ...] = ({"algorithm": "gaussian_mixture", "percentile": 96},)
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
    evaluation: Evaluation = Evaluation()
    drift: Drift = Drift()
    schedule: Schedule = Schedule()
    retention: Retention = Retention()
    feature_tables: list[OwnTable] = Field(default_factory=list)
    notifications: list[Notification] = Field(default_factory=list)
    _folder: Path = PrivateAttr()

    def __init__(self, values: Mapping[str, Any] | None = None, /, *, folder: Path = Path(), **more: Any) -> None:
        super().__init__(**(dict(values or {}) | more))
        self._folder = folder

    _home = field_validator("home")(without_nul)

    @field_validator("sources", "feature_tables", "notifications")
    @classmethod
    def _names_are_unique(cls, value: list[Any], info: ValidationInfo) -> list[Any]:
        names = [named.name for named in value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            message = f"two {str(info.field_name).replace('_', ' ')} are named {twice[0]}; give each its own name"
            raise ValueError(message)
        return value

    @model_validator(mode="after")
    def _limits_are_of_tables(self) -> "Settings":
        known = (*BUILT_IN, *(own.name for own in self.feature_tables))
        named = [override.feature_table for override in self.thresholds.overrides if override.feature_table]
        if unknown := [name for name in named if name not in known]:
            message = f"thresholds.overrides: there is no feature table {unknown[0]}; name one of {', '.join(known)}"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _keeps_enough(self) -> "Settings":
        self.retention.check(self.training, self.schedule)
        return self

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
        published = [Override(**limit) for limit in PUBLISHED_LIMITS]
        thresholds = self.thresholds.model_copy(update={"overrides": [*published, *self.thresholds.overrides]})
        return self.model_copy(update={"training": training, "thresholds": thresholds})

    def geoip_file(self, source: Source) -> Path | None:
        """The absolute path of a source's database of countries, if it names one."""
        return self._located(source.geoip) if source.geoip else None

    @property
    def labels_file(self) -> Path | None:
        """The absolute path of the side file of labels, if one is named."""
        return self._located(self.evaluation.labels) if self.evaluation.labels else None

    def source_glob(self, source: Source | OwnTable) -> Path:
        """The absolute glob of the files of a source or of a feature table that has files."""
        return self._located(source.path or "")

    def notification_file(self, channel: Notification) -> Path:
        """The absolute path of the file that a channel's messages are added to."""
        return self._located(channel.path or "")

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
