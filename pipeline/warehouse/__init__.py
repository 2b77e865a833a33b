"""The live DuckDB file, its tables and the published copy."""
