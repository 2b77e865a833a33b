"""Scores, thresholds and what a night is expected to look like."""
