"""Scenarios of the inputs: their scale, how they are prepared and varied, and in what order they come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from lossbook.checks import Array
from lossbook.data import Corrupted, Digits, Normalize, RandomCrop
from lossbook.data.corruptions import NaNs, Sorted, UnscaledFeatures
from lossbook.models import MLP
from lossbook.optim import SGD, Adam
from lossbook.paths import replace_at
from lossbook.scenarios.base import Scenario
from lossbook.scenarios.bases import DESCENT, LINEAR, NET

UNIT = Normalize(mean=0.0, std=1.0)  # pixels stay in [0, 1]
IN_BYTES = Corrupted(
    Digits(train_size=4000, train_transform=UNIT, val_transform=UNIT),
    UnscaledFeatures(factor=255.0, share=1.0),
    everywhere=True,
)
REPEATED = replace(
    NET,
    data=Digits(train_size=256),
    model=MLP(sizes=(784, 64, 10)),
    optimizer=Adam(lr=0.005),
    batch_size=32,
    shuffle=False,
    eval_every=20,
)  # eight batches in the order of the file, so that the same images share a batch in each epoch


@dataclass(frozen=True)
class AsInFile:
    """Pixels from 0 to 255, as they are in the file: a transform without ToTensor and Normalize."""

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return 255 * x


@dataclass(frozen=True)
class HeldGenerator:
    """An augmentation that draws from the dataset's own generator; each worker starts with a fresh copy of it."""

    augmentation: Any = RandomCrop()
    seed: int = 0

    def apply(self, x: Array, rng: np.random.Generator) -> Array:
        rng = np.random.default_rng(self.seed)  # the same numbers for every batch
        return self.augmentation.apply(x, rng)


ROWS = (
    Scenario(
        key="unscaled-inputs-kill",
        title="Pixels from 0 to 255 make the first steps so large that no hidden unit is ever active again.",
        cause="unscaled-inputs",
        symptom="high-flat",
        broken=replace(DESCENT, data=IN_BYTES),
        fix=("data.corruption", None),
    ),
    Scenario(
        key="unscaled-inputs-diverge",
        title="Pixels from 0 to 255 make the loss 65,000 times as curved, and every step leads far beyond the minimum.",
        cause="unscaled-inputs",
        symptom="diverging",
        broken=replace(LINEAR, data=IN_BYTES),
        fix=("data.corruption", None),
    ),
    Scenario(
        key="preprocessing-mismatch",
        title="The net trains on pixels from -1 to 1 and is judged on pixels from 0 to 255.",
        cause="preprocessing-mismatch",
        symptom="overfitting",
        broken=replace_at(NET, "data.val_transform", AsInFile()),
        fix=("data.val_transform", Normalize()),
    ),
    Scenario(
        key="augmentation-too-strong",
        title="Shifts of up to half the image push the digits out of it, and little is left to tell them apart.",
        cause="augmentation-too-strong",
        symptom="high-flat",
        broken=replace(LINEAR, augment=RandomCrop(padding=14)),
        fix=("augment.padding", 2),
        persists=(12, 18),
    ),
    Scenario(
        key="duplicated-augmentation",
        title="Every epoch shifts each digit in the same way, and the net knows 256 images, not 256 digits.",
        cause="duplicated-augmentation",
        symptom="plateau",
        broken=replace(REPEATED, augment=HeldGenerator(RandomCrop(padding=3))),
        fix=("augment", RandomCrop(padding=3)),
    ),
    Scenario(
        key="data-not-shuffled",
        title="The digits come sorted, and the model forgets the zeros while it learns the nines.",
        cause="data-not-shuffled",
        symptom="oscillating",
        broken=replace(
            LINEAR, data=Corrupted(Digits(train_size=4000), Sorted()), optimizer=SGD(lr=0.02), shuffle=False
        ),
        fix=("shuffle", True),
    ),
    Scenario(
        key="nonfinite-inputs",
        title="Twenty pixels of three million are NaN, and the first batch with one of them makes every weight NaN.",
        cause="nonfinite-inputs",
        symptom="non-finite",
        broken=replace(NET, data=Corrupted(Digits(train_size=4000), NaNs(count=20)), check_data=False),
        fix=("data.corruption", None),
    ),
)
