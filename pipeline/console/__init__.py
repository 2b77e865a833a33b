"""What the `shoal` command shows to people."""
