from pathlib import Path

import pytest

from pipeline.config import load
from pipeline.config_errors import ConfigError


def write(folder: Path, text: str) -> Path:
    file = folder / "shoal.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('hom = "x"', ["hom", "home"]),
        ("[training]\nwindow_day = 2", ["training.window_day", "2", "window_days"]),
        ('[training]\nwindow_days = "x"', ["training.window_days", "'x'", "integer"]),
        ("[training]\nwindow_days = 0", ["training.window_days", "0", "greater than or equal to 1"]),
        ('[site]\ntimezone = "Europe/Berln"', ["site.timezone", "Europe/Berln", "Europe/Berlin"]),
        ("[site]\nbusiness_hours = [18, 9]", ["site.business_hours", "earlier one first"]),
        ('[thresholds]\nmethod = "manual"', ["thresholds", "thresholds.manual"]),
        ('[[sources]]\nname = "a"\npath = "x"', ["sources.0.format", "missing", "shoal formats"]),
        ('[[sources]]\nname = "a"\npath = "x"\nformat = "cvs"', ["sources.0.format", "cvs", "csv"]),
        ('[[sources]]\nname = "a b"\npath = "x"\nformat = "csv"', ["sources.0.name", "a b"]),
        (
            '[[sources]]\nname = "a"\npath = "x"\nformat = "csv"\ncolumns = { src_ip = "s" }',
            ["sources.0.columns", "src_ip", "source_ip"],
        ),
        (
            '[[sources]]\nname = "a"\npath = "x"\nformat = "csv"\ntable = "logins"\ncolumns = { dest_port = "s" }',
            ["sources.0.columns", "dest_port", "logins", "session_minutes"],
        ),
        (
            '[[sources]]\nname = "a"\npath = "x"\nformat = "csv"\ntable = "login"',
            ["sources.0.table", "login", "logins"],
        ),
        ("[site]\nbusiness_hours = [9]", ["site.business_hours"]),
        ('[schedule]\nfirst_night = "2026-13-45"', ["schedule.first_night", "2026-13-45"]),
        ('[training]\nalgorithms = ["kmeans", "kmeans"]', ["training.algorithms", "named twice"]),
        ("home = ", ["shoal.toml", "TOML"]),
    ],
)
def test_a_wrong_key_or_value_is_one_sentence_with_key_value_and_remedy(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    with pytest.raises(ConfigError) as fault:
        load(write(tmp_path, text))
    message = str(fault.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_two_sources_of_one_name_are_refused(tmp_path: Path) -> None:
    source = '[[sources]]\nname = "edge"\nformat = "csv"\npath = "x"\n'
    with pytest.raises(ConfigError, match="two sources are named edge"):
        load(write(tmp_path, source * 2))


def test_a_missing_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--config"):
        load(tmp_path / "absent.toml")


def test_environment_variables_go_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, "[training]\nwindow_days = 3\nrandom_state = 5")
    monkeypatch.setenv("SHOAL_TRAINING__WINDOW_DAYS", "14")
    monkeypatch.setenv("SHOAL_HOME", str(tmp_path / "elsewhere"))
    settings = load(file)
    assert (settings.training.window_days, settings.training.random_state) == (14, 5)
    assert settings.home_folder == tmp_path / "elsewhere"


def test_paths_are_relative_to_the_file_and_follow_the_home(tmp_path: Path) -> None:
    settings = load(write(tmp_path, 'home = "h"\n[[sources]]\nname = "a"\nformat = "csv"\npath = "{home}/in/*.csv"'))
    assert settings.source_glob(settings.sources[0]) == tmp_path / "h" / "in" / "*.csv"


def test_a_database_of_countries_lies_where_the_file_says(tmp_path: Path) -> None:
    source = '[[sources]]\nname = "{}"\nformat = "csv"\npath = "x"\n{}\n'
    text = (
        source.format("a", 'geoip = "geo/c.mmdb"')
        + source.format("b", 'geoip = "/geo/c.mmdb"')
        + source.format("c", "")
    )
    settings = load(write(tmp_path, text))
    expected = [tmp_path / "geo" / "c.mmdb", Path("/geo/c.mmdb"), None]
    assert [settings.geoip_file(source) for source in settings.sources] == expected


def test_the_sample_configuration_is_valid() -> None:
    settings = load(Path(__file__).parents[1] / "shoal.toml")
    assert settings.sources[0].format == "ecs_json"
