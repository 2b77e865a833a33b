"""Thin Dagster assets around pure functions."""
