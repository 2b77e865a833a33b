"""Files that are replaced as a whole: a reader sees the old content or the new, never a part."""

import os
from contextlib import suppress
from pathlib import Path


def replace_file(file: Path, content: bytes) -> Path:
    """Write beside the file, then take its place; if that fails, it stays as it was, and nothing is left beside it.

    Raises:
        OSError: it cannot be written.
    """
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        return beside.replace(file)
    except OSError:
        with suppress(OSError):
            beside.unlink()
        raise
