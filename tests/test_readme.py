"""What the documentation says is true: its configuration loads, its make targets and files exist."""

import re
import subprocess
from pathlib import Path

import pytest

from pipeline.config import load

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("block", re.findall(r"```toml\n(.*?)```", README, re.DOTALL))
def test_its_configuration_loads(block: str, tmp_path: Path) -> None:
    file = tmp_path / "shoal.toml"
    file.write_text(block, encoding="utf-8")
    assert load(file).sources


def test_its_make_targets_exist() -> None:
    targets = set(re.findall(r"\bmake ([a-z]+)\b", README)) - {"it"}
    help_text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {"demo", "test", "bench", "help"} <= targets
    assert targets <= set(re.findall(r"^([a-z]+)", help_text, re.MULTILINE))


@pytest.mark.parametrize("page", DOCS, ids=lambda page: page.name)
def test_links_and_named_files_exist(page: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8"))
    paths = re.findall(r"`((?:pipeline|schemas|assets|tests|docs)/[\w./]+)`", page.read_text(encoding="utf-8"))
    assert all((page.parent / link).exists() for link in links), links
    assert all((ROOT / path).exists() for path in paths), paths


def test_the_architecture_names_every_folder() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    folders = {folder.name for folder in (ROOT / "pipeline").iterdir() if (folder / "__init__.py").exists()}
    assert all(f"`pipeline/{name}/`" in page for name in folders), folders
