"""The grid: plain bugs on plain tasks, each in one of the ways in which loops are written.

    python tests/grid.py OUT [--tasks cnn,gru] [--bugs "one NaN,sorted"] [--styles plain,given] [--turn 1]

Each line of OUT is a cell: whether the report named the cause first, and what it said. The last lines count them.
A bug that does no harm to a task is left out. All cells take one to two hours.
"""

from __future__ import annotations

import argparse
import collections
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import torch  # noqa: E402
from grid_bugs import BUGS  # noqa: E402
from grid_run import STYLES, cells  # noqa: E402
from grid_tasks import TASKS  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--bugs", default=",".join(BUGS))
    parser.add_argument("--styles", default="", help=f"of {', '.join(STYLES)}; by default each cell has one of them")
    parser.add_argument("--turn", type=int, default=0, help="which style each cell has")
    args = parser.parse_args()
    torch.set_num_threads(1)
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    styles = [each for each in args.styles.split(",") if each]
    with args.out.open("w", encoding="utf8") as out:
        for line in cells(args.tasks.split(","), args.bugs.split(","), args.turn, styles):
            print(line, file=out, flush=True)
            counts[line[9:34].strip()][line[:8].strip()] += 1
        for bug, found in counts.items():
            print(f"{bug:30} " + ", ".join(f"{n} {outcome}" for outcome, n in found.most_common()), file=out)


if __name__ == "__main__":
    main()
