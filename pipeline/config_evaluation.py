"""How good scores are, night by night: where labels come from besides label columns, and what stands beside them."""

from pydantic import Field, field_validator

from pipeline.config_sections import Section, without_nul


class Evaluation(Section):
    """What scores are compared with."""

    labels: str | None = Field(
        None,
        min_length=1,
        description="CSV file of attacks (windows of time and addresses) or of labelled entities, from the folder of "
        "the configuration file; {home} is the home folder; a file that is not there holds no labels",
    )
    references: bool = Field(False, description="fit reference detectors every night and show their figures beside")

    @field_validator("labels")
    @classmethod
    def _path(cls, value: str | None) -> str | None:
        return without_nul(value) if value else value
