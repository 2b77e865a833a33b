"""When a score is an anomaly: one rule for all scores, others for single feature tables and algorithms.

What belongs here: the keys and which of them count. What they mean is said by `pipeline.scoring.thresholds`.
"""

from typing import Literal

from pydantic import Field, model_validator

from pipeline.config_sections import AlgorithmName, Section


class Limit(Section):
    """Where scores become anomalies."""

    method: Literal["percentile", "sigma", "manual"] = Field("percentile", description="what the limit is taken from")
    percentile: float = Field(95, gt=0, lt=100, description="of the baseline's scores (method percentile)")
    sigma: float = Field(2, gt=0, description="standard deviations above the baseline's mean distance (method sigma)")
    manual: float | None = Field(
        None, ge=0, le=1, description="score above which an entity is an anomaly (method manual)"
    )


class Override(Limit):
    """The limit of some scores; what it does not say is as under `thresholds`."""

    feature_table: str | None = Field(None, description="feature table that it is for; all if left out")
    algorithm: AlgorithmName | Literal["consensus"] | None = Field(
        None, description="algorithm that it is for; all, and the consensus, if left out"
    )

    def fits(self, feature_table: str, algorithm: str) -> bool:
        """Whether it is for these scores."""
        return self.feature_table in {None, feature_table} and self.algorithm in {None, algorithm}

    @property
    def said(self) -> dict[str, object]:
        """The keys of a limit that it sets."""
        return {key: getattr(self, key) for key in Limit.model_fields if key in self.model_fields_set}


class Thresholds(Limit):
    """When a score is an anomaly, and how much is shown."""

    max_alerts_per_night: int = Field(200, ge=0, description="events shown per night")
    overrides: list[Override] = Field(
        default_factory=list, description="limits of single feature tables and algorithms; the last that fits counts"
    )

    @model_validator(mode="after")
    def _manual_has_a_value(self) -> "Thresholds":
        limits: list[Limit] = [self, *(self._with(override) for override in self.overrides)]
        if any(limit.method == "manual" and limit.manual is None for limit in limits):
            message = "method manual needs thresholds.manual, a score from 0 to 1"
            raise ValueError(message)
        return self

    def limit(self, feature_table: str, algorithm: str) -> Limit:
        """The limit of the scores of one feature table by one algorithm or the consensus."""
        fitting = [override for override in self.overrides if override.fits(feature_table, algorithm)]
        return self._with(fitting[-1]) if fitting else self

    def _with(self, override: Override) -> Limit:
        return self.model_copy(update=override.said)
