"""The plan for teachers: which pages, labs and exercises stand in which lesson, and what students get wrong there."""

from __future__ import annotations

from dataclasses import dataclass

LESSON = 90  # minutes


@dataclass(frozen=True)
class Lesson:
    """One lesson of the course.

    Args:
        title: what it is about.
        read: sections of the book, which students read at home before it.
        ask: sections of which one prediction is asked in class.
        show: labs, and other pages with something to play with: words and the page in ``book/`` or ``notebooks/``.
        together: labels of exercises that are done in pairs in class.
        home: labels of exercises for afterwards.
        wrong: what students get wrong, each with what helps.
    """

    title: str
    read: tuple[str, ...]
    ask: tuple[str, ...]
    show: tuple[tuple[str, str], ...]
    together: tuple[str, ...]
    home: tuple[str, ...]
    wrong: tuple[str, ...]


LESSONS = (
    Lesson(
        "A curve has a name, and many causes",
        ("1.1", "1.2", "1.3"),
        ("1.1", "1.1", "1.3"),
        (("the lab of broken runs", "book/scenarios.md"),),
        ("ex-01-1-names", "ex-01-1-bug", "ex-01-3-twins"),
        ("ex-01-1-two-sides", "ex-01-2-odds", "ex-01-2-bug", "ex-01-3-where"),
        (
            "They read a cause from a curve. Show twins, two curves that are alike: which test tells them apart?",
            "They change three things at once. Let them say before each change what they will see if they are right.",
        ),
    ),
    Lesson(
        "What a loss asks for, and what its height says",
        ("2.1", "2.1.1", "2.1.2"),
        ("2.1", "2.1.1", "2.1.2"),
        (("the loss explorer", "notebooks/02_1_losses.ipynb"),),
        ("ex-02-1-1-first", "ex-02-1-1-bug", "ex-02-1-2-bug"),
        ("ex-02-1-quantile", "ex-02-1-1-noise", "ex-02-1-2-stable", "ex-02-1-bug"),
        (
            "They compare losses of two projects. A loss has a unit and a level; ask for both before any comparison.",
            "They think that a low loss is a good one. Let them compute the level of the best constant answer first.",
        ),
    ),
    Lesson(
        "Steps: gradient descent and momentum",
        ("2.2", "4.1"),
        ("2.2", "4.1", "4.1"),
        (("the ravine", "notebooks/04_1_gradient_descent.ipynb"),),
        ("ex-02-2-first", "ex-02-2-bug", "ex-04-1-bug"),
        ("ex-02-2-zero-grad", "ex-02-2-clipped", "ex-04-1-saddle", "ex-04-1-slope"),
        (
            "They take the learning rate for a length. It is a factor for one rule and a length for another.",
            "They compare momentum with gradient descent at the same rate. Let them compute the length of a late step.",
        ),
    ),
    Lesson(
        "The learning rate and its schedule",
        ("2.3", "3.3.2"),
        ("2.3", "2.3", "3.3.2"),
        (
            ("the learning rate", "notebooks/02_3_learning_rate.ipynb"),
            ("the schedule designer", "notebooks/03_3_2_schedules.ipynb"),
        ),
        ("ex-02-3-cliff", "ex-02-3-bug", "ex-03-3-2-bug"),
        ("ex-02-3-scaled-loss", "ex-02-3-momentum", "ex-03-3-2-wave", "ex-03-3-2-best-rate"),
        (
            "They search in steps of 0.001. A rate is searched in factors.",
            "They trust the rate that they wrote. Let them print the one that the step reads.",
        ),
    ),
    Lesson(
        "Adam, and a fair race",
        ("4.2", "4.3", "3.3.1"),
        ("4.2", "4.2", "3.3.1"),
        (("Adam dissected", "notebooks/04_2_adam.ipynb"), ("shrinkage", "notebooks/04_3_l2.ipynb")),
        ("ex-04-2-first", "ex-04-2-bug", "ex-3-3-1-find"),
        ("ex-04-2-born-again", "ex-04-2-how-far", "ex-04-3-bug", "ex-3-3-1-weights", "ex-3-3-1-how-rare"),
        (
            "They say that Adam needs no learning rate. Let them sweep it.",
            "They call a race of one seed a result. Ask for the spread first.",
        ),
    ),
    Lesson(
        "Data before models",
        ("5.1", "3.1.1", "3.1.2"),
        ("5.1", "3.1.1", "3.1.2"),
        (),
        ("ex-05-1-bug", "ex-03-1-1-bug", "ex-03-1-2-bug"),
        ("ex-05-1-imbalance", "ex-03-1-1-floor", "ex-03-1-2-kelvin", "ex-03-1-2-selection"),
        (
            "They look at images and at labels, and never at pairs. Put twenty pairs on one sheet.",
            "They fit the scaler on all data. Ask what the held-out rows may know.",
        ),
    ),
    Lesson(
        "The net: shapes, first weights, signals",
        ("5.2", "3.2.1", "3.2.1.1", "3.2.2"),
        ("5.2", "3.2.1.1", "3.2.2"),
        (
            ("the initial scale", "notebooks/03_2_1_1_signals.ipynb"),
            ("capacity", "notebooks/03_2_2_parameters.ipynb"),
        ),
        ("ex-05-2-count", "ex-05-2-bug", "ex-03-2-1-1-bug"),
        ("ex-05-2-zeros", "ex-03-2-1-field", "ex-03-2-1-range", "ex-03-2-2-bug"),
        (
            "They make a net larger because the loss is stuck. Let it learn twenty digits by heart first.",
            "They believe that an initialisation ran because no error was raised. Let them print one deviation.",
        ),
    ),
    Lesson(
        "The loop, and how sure a number is",
        ("5.3", "5.4"),
        ("5.3", "5.3", "5.4"),
        (),
        ("ex-05-3-bug", "ex-05-3-stale", "ex-05-4-bug"),
        ("ex-05-3-accumulate", "ex-05-3-noise", "ex-05-4-paired", "ex-05-4-no-error"),
        (
            "They report two digits of an accuracy from a few hundred images. Let them compute its standard error.",
            "They forget which mode the net is in. Let them print `net.training` within the loop.",
        ),
    ),
    Lesson(
        "Too well on the training data",
        ("2.4", "3.4.1", "3.4.2"),
        ("2.4", "3.4.1", "3.4.2"),
        (),
        ("ex-02-4-read", "ex-02-4-bug", "ex-03-4-2-bug"),
        ("ex-02-4-sure", "ex-03-4-1-leak", "ex-03-4-2-hand"),
        (
            "They fight overfitting in a run that does not even fit. Ask for the training loss in eval mode first.",
            "They think that weight decay and an L2 term are one thing. With Adam they are two.",
        ),
    ),
    Lesson(
        "A net that others have trained",
        ("3.2.1.2", "6.1"),
        ("3.2.1.2", "3.2.1.2", "6.1"),
        (),
        ("ex-03-2-1-2-reports", "ex-03-2-1-2-bug", "ex-06-1-shift"),
        ("ex-03-2-1-2-above", "ex-03-2-1-2-norm", "ex-06-1-first", "ex-06-1-bug", "ex-06-1-merge"),
        (
            "They believe that a file was loaded because nothing complained. Let them print what the call returned.",
            "They call every low loss of a language model a success. Ask which level no honest model can go below.",
        ),
    ),
    Lesson(
        "Break it, diagnose it, mend it",
        ("5.5",),
        ("5.5", "5.5"),
        (("guess the cause", "book/quiz.md"), ("the checklist", "book/checklist.md")),
        ("ex-05-5-find", "ex-05-5-break"),
        ("ex-05-5-memory", "ex-05-5-tries"),
        (
            "They take the first report for the last. After a mend, ask again.",
            "They ask a tool what only the author knows: what the program was meant to do.",
        ),
    ),
    Lesson(
        "Losses that need not fall",
        ("6.2", "6.3"),
        ("6.2", "6.2", "6.3", "6.3"),
        (),
        ("ex-06-2-log", "ex-06-3-hand", "ex-06-3-bug"),
        ("ex-06-2-sgd", "ex-06-2-floor", "ex-06-2-bug", "ex-06-3-explained", "ex-06-3-bound"),
        (
            "They rank two runs by their losses. Let them say first what else would give the same number.",
            "They train one agent. Give each pair of students another seed, and collect the returns on the board.",
        ),
    ),
)
