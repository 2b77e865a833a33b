"""Tells whether a generic file uses our own column names, so that it can be read without a mapping."""

from collections.abc import Iterable

WHO = {"source_ip", "user"}
WHY = "our own column names: timestamp with source_ip or user"


def are_ours(names: Iterable[str]) -> bool:
    """Whether the names say when and who, without which no row of ours is of use."""
    present = set(names)
    return "timestamp" in present and not WHO.isdisjoint(present)
