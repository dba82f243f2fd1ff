"""The command line: ``lossbook``, or ``python -m lossbook``.

What a command needs is imported when it runs, so that help and the table of causes come without torch.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

REFUSED, INTERRUPTED, PIPE_CLOSED = 2, 130, 141  # exit codes, as shells have them


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: its words; those of the process by default.

    Returns:
        The exit code: 0, 2 for arguments that cannot be, 130 after Ctrl-C.
    """
    arguments = parser().parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without Greek letters shows question marks
    module, command = arguments.command
    try:
        code: int = getattr(import_module(f"lossbook.cli.{module}"), command)(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except (ValueError, OSError) as error:
        print(f"lossbook: {error}", file=sys.stderr)
        return REFUSED
    except KeyboardInterrupt:
        print("lossbook: stopped by Ctrl-C; nothing was written.", file=sys.stderr)
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    """All commands and what they take."""
    top = argparse.ArgumentParser(prog="lossbook", description="Why the training loss will not go down.")
    top.add_argument("--version", action="version", version=f"lossbook {version('lossbook')}")
    commands = top.add_subparsers(title="commands", required=True, metavar="COMMAND")

    listing = commands.add_parser("scenarios", help="list the runs that are broken on purpose")
    listing.add_argument("--cause", metavar="KEY", help="only those with this cause")
    listing.add_argument("--symptom", metavar="CODE", help="only those that show this symptom")
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.set_defaults(command=("tables", "scenarios"))

    causes = commands.add_parser("causes", help="list the causes, or tell all about one")
    causes.add_argument("cause", nargs="?", metavar="KEY", help="the cause to tell about")
    causes.set_defaults(command=("tables", "causes"))

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("scenario", metavar="KEY", help="a scenario, as `lossbook scenarios` lists them")
    common.add_argument("--seed", type=int, default=0, metavar="N", help="of weights and batches; 0 by default")
    common.add_argument("--device", default="auto", help="auto (CUDA, then MPS, then the CPU) or a name torch knows")

    run = commands.add_parser("run", parents=[common], help="train a scenario, broken and fixed, and compare")
    run.add_argument("--steps", type=int, metavar="N", help="number of updates; the scenario's own by default")
    run.add_argument("--plot", type=Path, metavar="FILE", help="draw both curves into a .png or .svg file")
    run.add_argument("--json", type=Path, metavar="FILE", help="write verdicts and histories")
    run.add_argument("--no-progress", action="store_true", help="no progress bar; there is none outside a terminal")
    run.set_defaults(command=("training", "run_scenario"))

    probe = commands.add_parser("probe", parents=[common], help="run the decisive test of a scenario's cause")
    probe.add_argument("--variant", default="broken", choices=("broken", "fixed"), help="broken by default")
    probe.set_defaults(command=("training", "probe_scenario"))
    return top
