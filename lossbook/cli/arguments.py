"""All commands and what they take."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lossbook.cli.errors import EXIT_CODES

SUSPECTS = "from a symptom to its suspects: lossbook causes --symptom CODE; from words: lossbook causes WORDS."
#: what people type by instinct -> what there is
INSTINCT = {
    **dict.fromkeys(("explain", "fix", "symptoms", "why"), SUSPECTS),
    **dict.fromkeys(
        ("check", "checkup", "doctor", "judge", "read", "symptom", "watch"),
        "to judge a log of losses: lossbook diagnose FILE.",
    ),
    **dict.fromkeys(("start", "train"), "to train a scenario: lossbook run KEY."),
    **dict.fromkeys(("list", "ls", "show"), "to list the runs: lossbook scenarios; the causes: lossbook causes."),
    "test": "to run the decisive test of a scenario's cause: lossbook probe KEY.",
}


class Parser(argparse.ArgumentParser):
    """A parser that prints its help, so that a failure to write it is reported, as for all other output."""

    def print_help(self, file: Any = None) -> None:
        print(self.format_help(), end="", file=file)


def parser() -> tuple[Parser, dict[str, Parser]]:
    """The parser of the program, and command -> the command's parser."""
    top = Parser(prog="lossbook", description="Why the training loss will not go down.", epilog=EXIT_CODES)
    top.add_argument("--version", action="store_true", help="show the version")
    commands = top.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, function: tuple[str, str], help: str, more: str, example: str, **options: Any) -> Any:
        text = f"{help[0].upper()}{help[1:]}. {more}"
        made = commands.add_parser(name, help=help, description=text, epilog=f"example: {example}", **options)
        made.set_defaults(command=function)
        return made

    json = Parser(add_help=False)
    json.add_argument(
        "--json", nargs="?", const="-", type=file, metavar="FILE", help="write JSON instead, to stdout or into a file"
    )

    listing = command(
        "scenarios",
        ("tables", "scenarios"),
        "list the runs that are broken on purpose",
        "Each stands with its symptom and its cause.",
        "lossbook scenarios --symptom plateau",
        parents=[json],
    )
    listing.add_argument("--cause", metavar="KEY", help="only those with this cause")
    listing.add_argument("--symptom", metavar="CODE", help="only those that show this symptom")

    causes = command(
        "causes",
        ("tables", "causes"),
        "list the causes, tell all about one, or find suspects",
        "A symptom gives its suspects with test and fix, the cheapest test first; words give the causes that speak of "
        "them.",
        "lossbook causes --symptom high-flat; lossbook causes nan; lossbook causes lr-too-high",
        parents=[json],
    )
    causes.add_argument("words", nargs="*", metavar="WORD", help="a cause's key, a symptom, or words: nan, lr, 2.303")
    causes.add_argument("--symptom", metavar="CODE", help="the suspects of this symptom")

    diagnose = command(
        "diagnose",
        ("recorded", "diagnose"),
        "judge the losses in a log, and say what can be behind them",
        "It reads what programs write: JSON, CSV, TensorBoard's event files, bare numbers, and text from a terminal.",
        "lossbook diagnose trainer_state.json; lossbook diagnose metrics.csv --column train_loss_step --fail-on any",
        parents=[json],
    )
    diagnose.add_argument(
        "file", metavar="FILE", help="the log; - reads standard input, as text pasted from a terminal"
    )
    diagnose.add_argument("--column", metavar="NAME", help="the training loss; found by its name by default")
    diagnose.add_argument("--val", metavar="NAME", help="the held-out loss, likewise")
    diagnose.add_argument("--run", metavar="NAME", help="which run of several: its name, or 1 for the first")
    diagnose.add_argument("--plot", type=file, metavar="FILE", help="draw the curve into a .png or .svg file")
    diagnose.add_argument("--follow", action="store_true", help="judge again whenever the log grows, until Ctrl-C")
    diagnose.add_argument(
        "--fail-on",
        metavar="CODES",
        help="exit with 1 at one of these symptoms: diverging,non-finite; any, but healthy",
    )

    common = Parser(add_help=False)
    common.add_argument("scenario", metavar="KEY", help="a scenario, or the beginning of its name")
    common.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of weights and batches, 0 to 2^64 - 1; 0 by default"
    )
    common.add_argument("--device", default="auto", help="auto (CUDA, then MPS, then the CPU) or a name torch knows")

    run = command(
        "run",
        ("training", "run_scenario"),
        "train a scenario, broken and fixed, and compare",
        "It tells both symptoms and the one change, and draws what shows the symptom.",
        "lossbook run lr-too-high-oscillates --plot curves.svg",
        parents=[common],
    )
    run.add_argument("--steps", type=int, metavar="N", help="number of updates; the scenario's own by default")
    run.add_argument("--plot", type=file, metavar="FILE", help="draw both curves into a .png or .svg file")
    run.add_argument(
        "--json",
        nargs="?",
        const="-",
        type=file,
        metavar="FILE",
        help="write verdicts and histories into a file; without FILE, or with -, to stdout and nothing else",
    )
    run.add_argument("--no-progress", action="store_true", help="no progress bar; there is none outside a terminal")

    probe = command(
        "probe",
        ("training", "probe_scenario"),
        "run the decisive test of a scenario's cause",
        "The scenario is trained first; the test works on copies.",
        "lossbook probe dead-relu --variant fixed",
        parents=[common, json],
    )
    probe.add_argument("--variant", default="broken", choices=("broken", "fixed"), help="broken by default")

    helper = command("help", ("", ""), "show this list, or tell about a command", "", "lossbook help run")
    helper.add_argument("about", nargs="?", metavar="COMMAND", help="the command to tell about")
    return top, dict(commands.choices)


def file(text: str) -> Path:
    """A path in which ~ is expanded, as in a shell."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # ~nobody
        raise argparse.ArgumentTypeError(f"must be a file that can be written, got {text!r}: {error}") from error
