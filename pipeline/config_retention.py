"""How long what piles up is kept: the section `[retention]`."""

from pydantic import Field

from pipeline.config_sections import Schedule, Section, Training


class Retention(Section):
    """Nights and days that are kept, the newest night that was run among them; 0 keeps all of it for ever."""

    raw_days: int = Field(400, ge=0, description="nights of events, connections, logins and rejected lines")
    features_days: int = Field(400, ge=0, description="nights of feature tables and patterns")
    scores_days: int = Field(
        400, ge=0, description="nights of scores and models; a model that scored a kept night stays"
    )
    report_days: int = Field(0, ge=0, description="nights of findings, counts and pages")
    runs_days: int = Field(400, ge=0, description="days of Dagster's runs")
    event_log_days: int = Field(90, ge=0, description="days of the event logs of runs")
    compact_share: float = Field(
        0.5, gt=0, le=1, description="share of the warehouse file that holds nothing from which on it is written anew"
    )

    def check(self, training: Training, schedule: Schedule) -> None:
        """Raise if late logs could not be worked off any more: their nights rest on nights before.

        Raises:
            ValueError: naming the key and the fewest nights.
        """
        window, late = training.window_days, schedule.late_days
        few = window + late + 1
        # a baseline is built of nights whose features look back on a window of their own
        least = {"raw_days": few + window, "features_days": few, "scores_days": few}
        for name, nights in least.items():
            if 0 < getattr(self, name) < nights:
                message = (
                    f"retention.{name} = {getattr(self, name)} is too few nights for training.window_days = {window} "
                    f"and schedule.late_days = {late}; keep at least {nights}, or 0 for all"
                )
                raise ValueError(message)
