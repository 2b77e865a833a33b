"""Everything that is neither an asset nor a schema."""
