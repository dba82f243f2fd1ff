"""Files that are written whole or not at all, and paths as people type them."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import uuid
from pathlib import Path


def user_path(path: str | os.PathLike[str]) -> Path:
    """The path, with the home folder in the place of ``~``.

    Raises:
        ValueError: there is no such home folder.

    >>> user_path("~/digits") == Path.home() / "digits"
    True
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ValueError(f"path must begin with a home folder that is there, got {str(path)!r}.") from error


def write_whole(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file whole or not at all, whatever stops the program and however many write it at once.

    The content goes into a part of its own beside the file, which then takes the file's place; the part is deleted
    whatever happens. A new file has the permissions that the umask leaves it, as any new file has; a file that was
    there keeps its own, and if they forbid to write it, it stays as it is. ``~`` is the home folder; a link stays a
    link.

    Returns:
        The file, without links on the way to it.

    Raises:
        ValueError: no file can have this path.
        OSError: of the kind that the system reports (no such folder, no space left, ...), in one sentence.
    """
    file = user_path(path)
    try:
        file = file.resolve()
        part = file.with_name(f".{uuid.uuid4().hex}.part")  # a name as long as this one, however long the file's is
        mode = _mode(file)
        try:
            with open(
                part, "xb", opener=lambda name, flags: os.open(name, flags, 0o666 if mode is None else mode)
            ) as to:
                to.write(content)
            if mode is not None:
                with contextlib.suppress(OSError):  # the file system knows no permissions
                    part.chmod(mode)
            return part.replace(file)
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or error if file.parent.is_dir() else f"there is no folder {str(file.parent)!r}"
        sentence = type(error)(f"{str(path)!r} cannot be written: {reason}.")
        sentence.errno = error.errno
        raise sentence from error
    except (RuntimeError, ValueError) as error:  # links in a circle; a name that no file can have
        raise ValueError(f"path must be one that a file can have, got {str(path)!r}: {error}") from error


def _mode(file: Path) -> int | None:
    """The permissions of a file that may be written; None if there is none yet."""
    if not file.exists():
        return None
    if not file.is_file():
        raise FileExistsError(errno.EEXIST, "it is there and is no file")
    if not os.access(file, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is write-protected")
    return stat.S_IMODE(file.stat().st_mode)
