"""The data dictionary: one pandera model per table, every column described."""
