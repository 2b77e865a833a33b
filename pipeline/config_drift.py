"""The section `[drift]`: from where on a change of a night is worth a warning, and from where on an error."""

from pydantic import Field, field_validator

from pipeline.config_sections import Section

Bounds = tuple[float, float]


class Drift(Section):
    """Bounds of the effect sizes in `report.drift`, beyond what is usual between nights: of a warning, of an error."""

    psi: Bounds = Field((0.2, 1.0), description="population stability index of a feature")
    jensen_shannon: Bounds = Field((0.25, 0.5), description="Jensen-Shannon distance of a feature, at most 1")
    flagged_share: Bounds = Field((2.0, 5.0), description="times the expected share of rows above the threshold")
    moved_mass: Bounds = Field((0.25, 0.5), description="share of the rows in other clusters than the baseline's")
    silhouette: Bounds = Field((0.25, 0.5), description="fall of the silhouette")

    @field_validator("*")
    @classmethod
    def _in_order(cls, value: Bounds) -> Bounds:
        if not 0 < value[0] <= value[1]:
            message = "give two numbers above 0, that of a warning and that of an error, the smaller one first"
            raise ValueError(message)
        return value
