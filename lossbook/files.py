"""Files that are written whole or not at all."""

from __future__ import annotations

from pathlib import Path


def write_whole(path: Path, content: bytes) -> Path:
    """Write beside ``path`` first and then move, so that whoever stops the program leaves no half of a file."""
    path = path.resolve()  # a link stays a link
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        return part.replace(path)
    finally:
        part.unlink(missing_ok=True)
