"""How a command ends: its exit code, and an error as one sentence."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import textwrap
from argparse import Namespace
from typing import TextIO

FAILED, REFUSED, INTERRUPTED, PIPE_CLOSED = 1, 2, 130, 141  # exit codes; the last two are a shell's
EXIT_CODES = (
    "exit code: 0 if it was done, 1 if it was begun and failed, as for want of memory, 2 if it was refused before "
    "anything was trained, 130 after Ctrl-C, 141 if nobody reads on. LOSSBOOK_DEBUG=1 shows where an error was raised"
)
LONGEST = 400  # characters of a message from elsewhere; those of torch can fill a screen


def ended_by(error: BaseException, arguments: Namespace) -> int:
    """Say what ended the command. Gives the exit code."""
    if isinstance(error, BrokenPipeError):  # the reader of the pipe has closed it
        silence(sys.stdout)
        return PIPE_CLOSED
    if isinstance(error, KeyboardInterrupt):
        return ended(f"stopped by Ctrl-C; {_written(arguments)}.", INTERRUPTED)
    if os.environ.get("LOSSBOOK_DEBUG"):
        raise error
    if isinstance(error, ValueError) and not arguments.begun:
        return ended(str(error), REFUSED)
    if isinstance(error, OSError):
        silence(sys.stdout)  # it may be the one that cannot be written
    files = any(getattr(arguments, name, None) is not None for name in ("json", "plot"))
    return ended(f"{in_words(error)}{f' {_written(arguments).capitalize()}.' * files}", FAILED)


def ended(message: str, code: int) -> int:
    """Write the message to stderr, if that is possible. Gives the exit code."""
    try:
        print(f"lossbook: {message}", file=sys.stderr, flush=True)
    except (OSError, ValueError):
        silence(sys.stderr)
    return code


def in_words(error: BaseException) -> str:
    """An error as one sentence, with what can be done."""
    words = str(error).strip()
    if isinstance(error, OSError) and error.strerror and error.filename is None:
        words = f"the output cannot be written: {error.strerror}"
    out_of_memory = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    if out_of_memory or re.search("out of memory|can't allocate memory", words):
        return "the device ran out of memory: close what else uses it, or take --device cpu."
    first = re.split(r"\n|(?<=[a-z)\]'\"])\. ", words)[0]
    name = "" if isinstance(error, (ValueError, TypeError, OSError)) and first else f"{type(error).__name__}: "
    return f"{name}{textwrap.shorten(first, LONGEST, placeholder=' ...').rstrip('.')}."


def silence(stream: TextIO | None) -> None:
    """Drop what is still in the stream's buffer: Python would try to write it at exit, and print an error."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())  # type: ignore[union-attr]


def _written(arguments: Namespace) -> str:
    names = " and ".join(map(str, arguments.written))
    return f"{names} {'were' if len(arguments.written) > 1 else 'was'} written" if names else "nothing was written"
