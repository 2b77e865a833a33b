"""How seldom a process of ours looks for garbage: most of what it makes stays, above all what it imports."""

import atexit
import gc

# new objects, and younger collections, before each generation is looked through
SELDOM = (100_000, 20, 20)


def look_seldom() -> None:
    """Look through what this process holds seldom, and not once more at its end: that took several seconds."""
    gc.set_threshold(*SELDOM)
    atexit.register(gc.freeze)
