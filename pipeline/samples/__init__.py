"""Realistic sample logs with planted, listed attacks."""
