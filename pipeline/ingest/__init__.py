"""Readers of log formats, the manifest of files, the quarantine of lines."""
