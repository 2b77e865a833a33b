"""What is measured of a folder that others write to."""

from pathlib import Path

from pipeline.upkeep.measures import bytes_of


def test_bytes_of_a_file_a_folder_and_what_is_gone(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("one", "a/two", "a/b/three"):
        (tmp_path / name).write_bytes(b"x" * 100)
    (tmp_path / "a" / "removed").symlink_to(tmp_path / "nowhere")  # as a file that goes between two looks
    assert bytes_of(tmp_path / "one") == 100
    assert bytes_of(tmp_path) == 300
    assert bytes_of(tmp_path / "nowhere") == 0
