"""Says what a configuration means, after everything in it that can be checked has been checked."""

import glob

from rich.console import Console

from pipeline.config import Settings
from pipeline.config_errors import ConfigError
from pipeline.report.terminal import safe_text


def explain(settings: Settings, console: Console) -> None:
    """Print what will be read, fitted and shown.

    Raises:
        ConfigError: a source's folder does not exist.
    """
    console.print(f"home: {settings.home_folder}", markup=False)
    check_sources(settings)
    for source in settings.sources:
        files = glob.glob(str(settings.source_glob(source)), recursive=True)  # noqa: PTH207 - the pattern is absolute
        console.print(
            f"source {source.name}: {source.format}, {len(files):,} files at ", safe_text(source.path), sep=""
        )
    training, thresholds = settings.training, settings.thresholds
    console.print(
        f"training: {', '.join(training.algorithms)} on the {training.window_days} nights before the scored one\n"
        f"threshold: {thresholds.method}, at most {thresholds.max_alerts_per_night:,} alerts a night\n"
        f"schedule: {settings.schedule.hour:02}:{settings.schedule.minute:02} {settings.schedule.timezone}, "
        f"nights from {settings.schedule.first_night}"
    )


def check_sources(settings: Settings) -> None:
    """Raise if the fixed part of a source's path is no folder: files that do not arrive are not silence.

    Raises:
        ConfigError: naming the key, the value and the remedy.
    """
    for source in settings.sources:
        folder = settings.source_glob(source)
        while set(str(folder)) & set("*?["):
            folder = folder.parent
        if not folder.exists():
            message = (
                f"sources.{source.name}.path = {source.path!r}: there is no {folder}; create it or correct the path"
            )
            raise ConfigError(message)
