"""Where the demo writes sample logs."""

from pathlib import Path

from pipeline.config import Settings
from pipeline.console.demo import _others


def test_the_other_sensors_log_into_the_home_folder_and_nowhere_else(tmp_path: Path) -> None:
    paths = {
        "edge": ("ecs_json", "{home}/landing/edge/*.json"),
        "mine": ("zeek", "/var/log/zeek/*.log"),
        "zeek": ("zeek", "{home}/landing/zeek/*.log"),
        "second": ("zeek", "{home}/landing/second/*.log"),
        "logins": ("auth_log", "{home}/landing/logins/*"),
        "windows": ("windows_events", "elsewhere/*.json"),
    }
    sources = [{"name": name, "format": form, "path": path} for name, (form, path) in paths.items()]
    settings = Settings(home=tmp_path / "home", folder=tmp_path, sources=sources)
    landing = (tmp_path / "home" / "landing").resolve()
    assert _others(settings) == {"zeek": landing / "zeek", "auth_log": landing / "logins"}
