"""The configuration: what is read from where, and one sentence for each fault."""

from pathlib import Path
from typing import get_args

import pytest

from pipeline.config import AlgorithmName, Settings, Training, config_file, load
from pipeline.config_errors import ConfigError
from pipeline.models.registry import ALGORITHMS

SAMPLE = Path(__file__).parents[1] / "shoal.toml"
SOURCE = '[[sources]]\nname = "a"\npath = "x"\nformat = "csv"\n'


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may have their own."""
    monkeypatch.delenv("SHOAL_CONFIG", raising=False)
    monkeypatch.delenv("SHOAL_HOME", raising=False)


def write(folder: Path, text: str) -> Path:
    file = folder / "shoal.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refused(file: Path) -> str:
    with pytest.raises(ConfigError) as fault:
        load(file)
    assert "\n" not in str(fault.value)
    return str(fault.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('hom = "x"', ["hom", "home"]),
        ('folder = "x"', ["no key folder", "known keys there: home"]),
        ('self = "x"', ["no key self"]),
        ("[retentoin]\nraw_days = 5", [": there is no section retentoin; did you mean retention?"]),
        ("[[sorces]]\nname = 5", [": there is no section sorces; did you mean sources?"]),
        ("[report.attack_pattern]\nguesses = 5", ["no section report.attack_pattern; did you mean attack_patterns?"]),
        ("[nonsense]", ["no section nonsense; known keys there: home, engine"]),
        ("training = 5", ["training", "5", "a section"]),
        ("[training]\nwindow_day = 2", ["training.window_day", "2", "window_days"]),
        ('[training]\nwindow_days = "x"', ["training.window_days", "'x'", "integer"]),
        ("[training]\nwindow_days = 0", ["training.window_days", "0", "greater than or equal to 1"]),
        ('[training]\nalgorithms = "kmeans"', ["training.algorithms", "'kmeans'", "it is a list"]),
        ('[training]\nalgorithms = ["kmeans", "kmeans"]', ["training.algorithms", "named twice"]),
        ('[site]\ntimezone = "Europe/Berln"', ["site.timezone", "Europe/Berln", "Europe/Berlin"]),
        ("[site]\nbusiness_hours = [18, 9]", ["site.business_hours", "earlier one first"]),
        ("[site]\nbusiness_hours = [9]", ["site.business_hours"]),
        ('[thresholds]\nmethod = "manual"', ["thresholds", "thresholds.manual"]),
        ('[[thresholds.overrides]]\nmethod = "manual"', ["thresholds", "thresholds.manual"]),
        ('[[thresholds.overrides]]\nfeature_table = "user"', ["thresholds.overrides", "user", "users"]),
        ("[thresholds]\nsigma = inf", ["thresholds.sigma", "inf", "finite"]),
        ('[schedule]\nfirst_night = "2026-13-45"', ["schedule.first_night", "2026-13-45"]),
        ('[schedule]\nfirst_night = "9999-12-31"', ["schedule.first_night", "2999-12-31"]),
        ('[engine]\nmemory_limit = "0MB"', ["engine.memory_limit", "'0MB'", "at least 100MB"]),
        ('[engine]\nmemory_limit = "0.05 GiB"', ["engine.memory_limit", "at least 100MB"]),
        ('[engine]\nmemory_limit = "much"', ["engine.memory_limit", "much"]),
        ('home = "a\\u0000b"', ["home", "'a\\x00b'", "NUL"]),
        ("home = ", ["shoal.toml", "TOML"]),
        ('[[sources]]\nname = "a"\npath = "x"', ["sources.0.format", "missing", "shoal formats"]),
        ('[[sources]]\nname = "a"\npath = "x"\nformat = "cvs"', ["sources.0.format", "cvs", "csv"]),
        ('[[sources]]\nname = "a b"\npath = "x"\nformat = "csv"', ["sources.0.name", "a b"]),
        ('[[sources]]\nname = "a"\npath = "x\\u0000"\nformat = "csv"', ["sources.0.path", "NUL"]),
        (SOURCE + 'columns = { src_ip = "s" }', ["sources.0.columns", "src_ip", "source_ip"]),
        (SOURCE + "delimiter = '\"'", ["sources.0.delimiter", "'\"'", "a tab"]),
        (SOURCE + 'delimiter = "\\n"', ["sources.0.delimiter", "'\\n'", "a tab"]),
        (SOURCE + 'delimiter = "7"', ["sources.0.delimiter", "'7'", "a tab"]),
        (SOURCE * 2, ["two sources are named a"]),
        (
            SOURCE + 'table = "logins"\ncolumns = { dest_port = "s" }',
            ["columns", "dest_port", "logins", "session_minutes"],
        ),
        (SOURCE + 'table = "login"', ["sources.0.table", "login", "logins"]),
    ],
)
def test_a_wrong_key_or_value_is_one_sentence_with_file_key_value_and_remedy(
    tmp_path: Path, text: str, words: list[str]
) -> None:
    message = refused(write(tmp_path, text))
    for word in [str(tmp_path / "shoal.toml"), *words]:
        assert word in message


@pytest.mark.parametrize("day", ['"2024-02-29"', "2024-02-29"])
def test_a_day_may_be_text_or_a_date(tmp_path: Path, day: str) -> None:
    assert load(write(tmp_path, f"[schedule]\nfirst_night = {day}")).schedule.first_night == "2024-02-29"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SHOAL_TRAINING__WINDOW_DAYS", "x", ["training.window_days = 'x'", "integer"]),
        ("SHOAL_TRAINING__WINDOW_DAY", "2", ["no key training.window_day", "window_days"]),
        ("SHOAL_TRANING__WINDOW_DAYS", "2", ["no section traning; did you mean training?"]),
        ("SHOAL_TRAINING", '{"window_days": 0}', ["training.window_days = 0"]),
        ("SHOAL_TRAINING", "5", ["training = '5'", "a section"]),
        ("SHOAL_FOLDER", "x", ["no key folder"]),
        ("SHOAL_HOM", "x", ["no key hom", "home"]),
        ("SHOAL_SOURCES", "[", ["'['", "no valid JSON"]),
        ("SHOAL_SOURCES", '[{"name": "a", "path": "x"}]', ["sources.0.format", "missing"]),
        ("SHOAL_SOURCES", '[{"name": "a", "path": "x", "format": "cvs"}]', ["sources.0.format", "'cvs'"]),
        ("SHOAL_THRESHOLDS__METHOD", "manual", ["thresholds.manual"]),
        ("SHOAL_SITE__BUSINESS_HOURS", "9-17", ["site.business_hours", "it is a list"]),
    ],
)
def test_a_wrong_variable_is_one_sentence_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: list[str]
) -> None:
    file = write(tmp_path, "[training]\nrandom_state = 5")
    monkeypatch.setenv(name, value)
    message = refused(file)
    for word in [f"environment variable {name}", *words]:
        assert word in message


def test_a_fault_of_the_file_is_not_blamed_on_a_variable_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOAL_TRAINING", '{"random_state": 1}')
    monkeypatch.setenv("SHOAL_TRAINING__MAX_PATTERNS", "1000")
    file = write(tmp_path, "[training]\nwindow_days = 0")
    assert refused(file).startswith(f"{file}: training.window_days = 0")


def test_environment_variables_go_over_the_file_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, "[training]\nwindow_days = 3\nrandom_state = 5\n" + SOURCE)
    monkeypatch.setenv("SHOAL_TRAINING__WINDOW_DAYS", "14")
    monkeypatch.setenv("SHOAL_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("SHOAL_ENGINE__THREADS", "")
    monkeypatch.setenv("SHOAL_SITE__BUSINESS_HOURS", "[8, 17]")
    monkeypatch.setenv("SHOAL_SOURCES", '[{"name": "b", "path": "y", "format": "csv", "keep_raw": true}]')
    settings = load(file)
    assert (settings.training.window_days, settings.training.random_state) == (14, 5)
    assert settings.home_folder == tmp_path / "elsewhere"
    assert settings.engine.threads is None
    assert settings.site.business_hours == (8, 17)
    assert [source.name for source in settings.sources] == ["b"]


@pytest.mark.parametrize("home", ["in_the_way", "in_the_way/home", "x" * 300, "loop"])
def test_a_home_that_can_be_no_folder_is_refused(tmp_path: Path, home: str) -> None:
    (tmp_path / "in_the_way").write_text("a file")
    (tmp_path / "loop").symlink_to("loop")
    message = refused(write(tmp_path, f'home = "{home}"'))
    assert f"home = '{home}' cannot be used" in message
    assert message.endswith("name a folder")


def test_a_missing_file_names_the_remedy(tmp_path: Path) -> None:
    assert "--config" in refused(tmp_path / "absent.toml")
    assert "--config" in refused(tmp_path)


def test_the_file_is_the_named_one_or_that_of_the_variable_or_the_local_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert config_file() == Path("shoal.toml")
    monkeypatch.setenv("SHOAL_CONFIG", "other.toml")
    assert config_file() == Path("other.toml")
    assert config_file("named.toml") == Path("named.toml")


def test_paths_are_relative_to_the_file_and_follow_the_home(tmp_path: Path) -> None:
    settings = load(write(tmp_path, 'home = "h"\n[[sources]]\nname = "a"\nformat = "csv"\npath = "{home}/in/*.csv"'))
    assert settings.folder == tmp_path
    assert settings.source_glob(settings.sources[0]) == tmp_path / "h" / "in" / "*.csv"


def test_the_sample_shows_the_defaults() -> None:
    sample = load(SAMPLE)
    assert sample.sources[0].format == "ecs_json"
    of_the_sample = {"sources", "evaluation"}
    assert sample.model_dump(exclude=of_the_sample) == Settings().model_dump(exclude=of_the_sample)
    assert sample.labels_file == sample.home_folder / "ground_truth.csv"
    assert not sample.evaluation.references


def test_compatible_settings_differ_in_training_and_thresholds_only(tmp_path: Path) -> None:
    settings = load(write(tmp_path, "[training]\nwindow_days = 3\nrandom_state = 5"))
    compatible = settings.compatible()
    changed = {"seed_compatible": True, "random_state": 42}
    assert compatible.training == settings.training.model_copy(update=changed)
    changed_sections = {"training": compatible.training, "thresholds": compatible.thresholds}
    assert compatible == settings.model_copy(update=changed_sections)
    assert compatible.home_folder == settings.home_folder


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


def test_every_algorithm_that_there_is_can_be_configured() -> None:
    names = list(get_args(AlgorithmName))
    assert names == list(ALGORITHMS)
    assert Training(algorithms=names).algorithms == names
    assert Training().algorithms == ["kmeans", "dbscan", "mean_shift", "gaussian_mixture"]
