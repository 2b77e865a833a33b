"""Log content made safe to show as Markdown, as Dagster's UI does."""

import re

from pipeline.report.terminal import visible_text


def markdown_text(value: object) -> str:
    """Text with every character that Markdown reads escaped, and addresses broken so that none becomes a link."""
    text = re.sub(r"://", "[:]//", visible_text(value))
    text = re.sub(r"(?i)www\.", "www[.]", text).replace("@", "[at]")
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~&$^:=])", r"\\\1", text)
