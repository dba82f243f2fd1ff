"""The command line: ``lossbook``, or ``python -m lossbook``.

What a command needs is imported when it runs, so that help and all lists come without torch.
"""

from __future__ import annotations

import argparse
import difflib
import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr
from importlib import import_module
from importlib.metadata import version

from lossbook.cli.arguments import INSTINCT, parser
from lossbook.cli.errors import REFUSED, ended, ended_by


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: its words; those of the process by default.

    Returns:
        The exit code; ``lossbook --help`` tells what each means.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before a command loads torch, whose threads spin else
    if sys.stderr is None:  # the caller closed it; print would write to stdout instead
        with open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):
            return main(argv)
    if sys.stdout is None:
        return ended("stdout is closed, and nothing can be shown; > /dev/null throws it away.", REFUSED)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without Greek letters shows question marks
    arguments = argparse.Namespace(begun=False, written=[])  # whether a training has begun; files written so far
    try:
        try:
            code = _command(list(sys.argv[1:] if argv is None else argv), arguments)
        finally:
            sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        return ended_by(error, arguments)
    return code


def _command(argv: list[str], arguments: argparse.Namespace) -> int:
    top, commands = parser()
    named = next((word for word in argv if not word.startswith("-")), None)
    _known(named, commands)
    top.parse_args(argv, namespace=arguments)
    if arguments.version:
        print(f"lossbook {version('lossbook')}")
        return 0
    if named is None or named == "help":
        about = getattr(arguments, "about", None)
        _known(about, commands)
        (commands[about] if about else top).print_help()
        return 0
    module, function = arguments.command
    code: int = getattr(import_module(f"lossbook.cli.{module}"), function)(arguments)
    return code


def _known(word: str | None, commands: Mapping[str, object]) -> None:
    """Raise if there is no such command; the message says what there is."""
    if word is None or word in commands:
        return
    from lossbook.causes import find, symptoms_meant

    near = difflib.get_close_matches(word, commands, n=1)
    if near:
        way = f"did you mean {near[0]}?"
    elif find(word) or symptoms_meant(word):
        way = f"lossbook causes {word} tells what can be behind it."
    else:
        way = f"there are {', '.join(commands)}."
    raise ValueError(f"there is no command {word!r}; {INSTINCT.get(word, way)}")
