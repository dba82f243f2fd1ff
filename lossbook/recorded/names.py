"""What the names of columns mean: which is a clock, a loss, a score; and whose."""

from __future__ import annotations

import re
from functools import lru_cache

#: the names of clocks, the finest first: a row is placed by the first that it has
CLOCKS = (
    *("global step", "trainer global step", "iter", "iteration", "iterations", "num updates", "update", "updates"),
    *("step", "steps", "train step", "batch", "it", "epoch", "epochs"),
)
EPOCHS = ("epoch", "epochs", "epoche")
VALIDATION = {"val", "valid", "validation", "eval", "evaluation", "dev", "heldout", "held"}
TEST = {"test", "testing"}
TRAIN = {"train", "training", "tr"}
LOSS = {"loss", "losses", "nll", "xent", "crossentropy", "cost", "objective", "elbo", "bce", "ce", "mse"} | {
    *("verlust", "perte", "perdita", "pérdida", "perda", "损失"),
}
NO_LOSS = {
    *("scale", "scaler", "best", "min", "max", "lr", "rate", "weight", "weights", "time", "std", "var", "grad", "norm"),
    *("count", "coef", "coeff", "ratio", "target", "threshold", "patience", "runtime", "unscaled", "lambda"),
}
SCORE = {
    *("acc", "accuracy", "top1", "acc1", "f1", "auc", "auroc", "map", "map50", "dice", "iou", "miou", "bleu", "rouge"),
    *("score", "psnr", "ssim", "r2", "em", "precision", "recall", "exact"),
}
PERPLEXITY = {"ppl", "perplexity"}
#: words that say when or how a loss was taken, not which one it is
CIRCUMSTANCES = TRAIN | VALIDATION | TEST | {"step", "epoch", "batch", "iter", "out", "set", "current", "cur", "value"}
TOTAL = {"total", "overall", "sum", "all", "combined"}
MEAN = {"avg", "average", "mean", "running", "lm", "main", "model", "smoothed", "smooth", "ema", "log", "per", "token"}
#: words of losses that belong to several nets that train against or beside each other: their sum means nothing
RIVALS = {
    *(
        "d",
        "g",
        "gen",
        "generator",
        "disc",
        "discriminator",
        "critic",
        "actor",
        "policy",
        "value",
        "entropy",
        "q",
        "pi",
    ),
}
LOSS_ALONE, LOSS_TOTAL, LOSS_MEAN, LOSS_PART, NOT_A_LOSS = range(5)


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case.

    >>> words("train/lossTotal_step"), words("mAP50-95(B)")
    (('train', 'loss', 'total', 'step'), ('map50', '95', 'b'))
    """
    apart = re.sub(r"(?<=[a-z]{2})(?=[A-Z])", " ", name)
    return tuple(word.lower() for word in re.findall(r"[^\W_]+", apart))


def said(name: str) -> frozenset[str]:
    """The same as a set."""
    return frozenset(words(name))


def clock_place(name: str) -> int | None:
    """The place of a name in ``CLOCKS``; None if it is no clock.

    >>> clock_place("trainer/global_step"), clock_place("_step"), clock_place("train_loss_step")
    (1, 8, None)
    """
    plain = " ".join(words(name))
    return CLOCKS.index(plain) if plain in CLOCKS else None


def is_epoch(name: str) -> bool:
    """Whether a clock counts epochs."""
    return words(name)[-1:] != () and words(name)[-1] in EPOCHS


def is_held_out(name: str) -> bool:
    """Whether it was measured on held-out data."""
    return bool(said(name) & (VALIDATION | TEST))


def loss_rank(name: str) -> int:
    """How surely a name is that of the loss that is trained on: 0 for ``loss`` itself, 3 for a part, 4 if it is none.

    >>> [loss_rank(name) for name in ("train/loss_step", "total_loss", "lm loss", "box_loss", "loss_scale", "val_dice")]
    [0, 1, 2, 3, 4, 4]
    """
    found = said(name)
    if not found & LOSS or found & NO_LOSS:
        return NOT_A_LOSS
    rest = found - CIRCUMSTANCES - {word for word in found if word.isdigit()}
    if rest == {"loss"} or rest == {"losses"}:
        return LOSS_ALONE
    if "loss" in rest and rest <= {"loss"} | TOTAL:
        return LOSS_TOTAL
    if rest & {"loss", "losses"} and rest <= {"loss", "losses"} | MEAN | TOTAL:
        return LOSS_MEAN
    return LOSS_PART


def is_score(name: str) -> bool:
    """Whether it is a score, the higher the better."""
    return bool(said(name) & SCORE) and not said(name) & (LOSS | NO_LOSS)


def part_of(name: str) -> frozenset[str]:
    """A loss's name without the words of circumstances: ``train/box_loss`` and ``val/box_loss`` share it."""
    return said(name) - CIRCUMSTANCES
