"""1.2 What a stuck loss costs."""

from __future__ import annotations

from lossbook.exercises.base import Exercise
from lossbook.exercises.kinds import Choice, Number, Tried

FLAT, FALLS, LOST = [2.3] * 300, [2.3 - 0.005 * step for step in range(300)], [2.3, 2.0] + [float("nan")] * 300


def right_stuck(losses: list[float], patience: int = 50) -> bool:
    best, since = losses[0], 0
    for loss in losses[1:]:
        best, since = (loss, 0) if loss < best else (best, since + 1)
    return since > patience


def forgets_nan(losses: list[float], patience: int = 50) -> bool:
    best, since = losses[0], 0
    for loss in losses[1:]:
        if loss >= best:
            since += 1
        else:
            best, since = loss, 0
    return since > patience


ROWS = {
    "ex-01-2-patient": Exercise(
        "what is lost by stopping this run at step 50?",
        Choice(("the best net of all", "a net that learns, at a bad price", "nothing: it does not learn")),
        right=lambda: "a net that learns, at a bad price",
        mistakes=(
            ("nothing: it does not learn", "Look at its accuracy after all the steps."),
            ("the best net of all", "Compare it with the mended run, which has far fewer steps."),
        ),
        why="A stopped run is a question, not a verdict.",
    ),
    "ex-01-2-pays": Exercise(
        "why has `saved` a single zero in `stuck`?",
        Choice(("it is a straight line", "it is a parabola", "it jumps at the first stuck run")),
        right=lambda: "it is a straight line",
        mistakes=(
            ("it is a parabola", "How often is `stuck` multiplied by itself?"),
            ("it jumps at the first stuck run", "Put two shares in that are close together: the values are, too."),
        ),
        why="So two of its points give the zero.",
    ),
    "ex-01-2-odds": Exercise(
        "what share of the stopped runs is stuck?",
        Number(),
        right=lambda: 0.3 * 0.8 / (0.3 * 0.8 + 0.7 * 0.05),
        mistakes=(
            (0.8, "This is the share of stuck runs that are stopped. The question is the other way round."),
            (0.95, "This is the share of sound runs that go on. Count the stopped ones of both kinds."),
            (0.24, "This is a share of all runs. Divide by those that are stopped."),
            (0.3, "This is what you knew before. A stop says more."),
        ),
        hint="Take a hundred runs, and count the stopped ones of both kinds.",
        why="The rarer a stuck run is, the less a stop says.",
    ),
    "ex-01-2-bug": Exercise(
        "what does the mended `stuck(losses)` look like?",
        Tried(
            "your function",
            (
                ("it stops a flat run", lambda stuck: stuck(FLAT)),
                ("it lets a falling run go on", lambda stuck: not stuck(FALLS)),
                ("it stops a run that is lost for good", lambda stuck: stuck(LOST)),
                ("it forgives a short rest", lambda stuck: not stuck([*FALLS, *[FALLS[-1]] * 20])),
            ),
        ),
        right=lambda: right_stuck,
        mistakes=(
            (forgets_nan, "Flat and falling runs are judged well. Feed it a loss that is no number any more."),
            (lambda losses: False, "It stops nothing at all."),
        ),
        why="Every comparison with NaN is false, so ask the question whose false answer is the safe one.",
    ),
}
