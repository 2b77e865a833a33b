"""`python -m pipeline` is the `shoal` command."""

from pipeline.cli import main

main()
