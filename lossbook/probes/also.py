"""ALSO: where one cause makes the decisive tests of others positive too, and why. That one is to be mended first.

What stands here was positive on most of the seeds 50 to 52, on at least one run of the cause, or on a program of
another kind that has it.
"""

from __future__ import annotations

#: the probe that is positive; why, though the cause is another one; the keys of those causes
ROWS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "lr-too-high",
        "something else makes the steps too long, and a lower learning rate undoes a part of it",
        (
            *("unscaled-inputs", "exploding-gradients", "sum-reduction", "no-warmup", "momentum-too-high"),
            *("adam-betas", "bad-init-scale"),
        ),
    ),
    (
        "lr-too-high",
        "the term that drowns the others makes the steps too long",
        ("loss-terms-unbalanced",),
    ),
    (
        "lr-too-high",
        "gradients are noisy, and shorter steps do less harm",
        ("batch-too-small",),
    ),
    (
        "lr-too-high",
        "with shorter steps no number has got as far yet as where the logarithm fails",
        ("log-of-zero",),
    ),
    (
        "lr-too-low",
        "the gradient or the step is so faint that a hundredfold learning rate makes up for it",
        ("wrong-loss", "adam-eps"),
    ),
    (
        "wrong-loss",
        "the runs with these causes learn the numbers of digits as numbers, and digits are classes",
        ("output-activation-mismatch", "broadcast-loss"),
    ),
    (
        "undefined-operation",
        "where no target counts, the mean over those that count is 0 divided by 0",
        ("degenerate-targets",),
    ),
    ("dead-relu", "with weights of zero, every unit is zero", ("symmetric-init",)),
    ("vanishing-gradients", "the first layer gets nothing but zeros, and its weights no gradient", ("input-ignored",)),
    (
        "bad-init-scale",
        "the weights start too large, and that is how it came about",
        ("saturated-activations", "log-of-zero"),
    ),
    (
        "exploding-gradients",
        "the weights start too large, and the gradient grows with them",
        ("bad-init-scale",),
    ),
    (
        "unscaled-inputs",
        "with smaller inputs no number has got as far yet as where the logarithm fails",
        ("log-of-zero",),
    ),
    ("capacity-too-small", "an affine map is too small a model", ("missing-nonlinearity",)),
    ("capacity-too-small", "a net that gets no example whole learns nothing, whatever its size", ("batch-mixing",)),
    ("no-warmup", "with shorter steps no number has got as far yet as where the logarithm fails", ("log-of-zero",)),
    ("adam-eps", "a larger epsilon, too, makes the steps shorter", ("adam-betas",)),
    ("overfitting", "the few images that ever come are learnt by heart", ("duplicated-augmentation",)),
    (
        "weights-not-loaded",
        "what is frozen was never trained, wherever it should come from",
        ("parameters-not-optimized",),
    ),
    ("parameters-not-optimized", "what was to be loaded is frozen as it was drawn", ("weights-not-loaded",)),
)

ALSO: dict[tuple[str, str], str] = {
    (cause, probe): why for probe, why, causes in ROWS for cause in causes
}  #: (the cause, the other probe that is positive where it is) -> why
