"""What other systems get of a night: exports of its findings, and messages about them."""
