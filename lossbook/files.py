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
        ValueError: the home folder does not exist.

    >>> user_path("~/digits") == Path.home() / "digits"
    True
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise ValueError(f"path must begin with a home folder that exists, got {str(path)!r}.") from error


def write_whole(path: str | os.PathLike[str], content: bytes) -> Path:
    """Write a file whole or not at all, even if the program is stopped or several programs write it at once.

    The content goes into a temporary file of its own, which then replaces the file; in any case the temporary file is
    deleted. A new file gets the permissions that the umask leaves, as any new file. An existing file keeps its
    permissions, and if they forbid writing, it stays unchanged. ``~`` is the home folder; a link stays a link.

    Returns:
        The path of the file, with all links resolved.

    Raises:
        ValueError: no file can have this path.
        OSError: of the kind that the system reports (no such folder, no space left, ...), in one sentence.
    """
    file = user_path(path)
    try:
        file = file.resolve()
        part = file.with_name(f".{uuid.uuid4().hex}.part")  # its length does not depend on the file's name
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
    """The permissions of a file that may be written; None if there is no file yet."""
    if not file.exists():
        return None
    if not file.is_file():
        raise FileExistsError(errno.EEXIST, "it exists and is no file")
    if not os.access(file, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is write-protected")
    return stat.S_IMODE(file.stat().st_mode)
