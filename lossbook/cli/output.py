"""Where a command's results go: to stdout, or into files that are written whole."""

from __future__ import annotations

import json
import os
import sys
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lossbook import checks
from lossbook.files import write_whole

STDOUT = Path("-")


def to_stdout(path: Path | None) -> bool:
    """Whether the path is ``-`` or another name of stdout, as ``/dev/stdout``."""
    if path is None or path == STDOUT:
        return path is not None
    try:
        return os.path.samestat(path.stat(), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError, AttributeError):  # no such file yet, or a stdout that is no file
        return False


def check(arguments: Namespace) -> None:
    """Raise, before anything is trained, if a file that the results shall go to cannot be written."""
    named = {f"--{name}": getattr(arguments, name, None) for name in ("plot", "json")}
    paths = {flag: path for flag, path in named.items() if path is not None and not to_stdout(path)}
    for flag, path in paths.items():
        checks.writable(flag, path)
    if len({path.resolve() for path in paths.values()}) < len(paths):
        raise ValueError(f"--plot and --json must be two files, got {str(arguments.json)!r} for both.")


def write(arguments: Namespace, contents: Mapping[Path, bytes]) -> None:
    """Write each file whole or not at all, and note it in ``arguments.written``, for the message after an error."""
    for path, content in contents.items():
        if to_stdout(path):
            print(content.decode())
        elif path.exists() and not path.is_file():  # a device or a pipe, which cannot be replaced
            path.write_bytes(content)
        else:
            write_whole(path, content)
            arguments.written.append(path)


def as_json(told: Any) -> bytes:
    """JSON for other programs, in ASCII, which can be written to every stream."""
    return json.dumps(told, indent=1, allow_nan=False).encode()
