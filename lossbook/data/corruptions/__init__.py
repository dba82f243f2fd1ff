"""Corruptions: data spoilt on purpose. A frozen object with ``apply(x, y) -> (x, y)``; strength 0 changes nothing."""

from lossbook.data.corruptions.base import Corruption
from lossbook.data.corruptions.examples import Duplicates, Imbalance, Sorted
from lossbook.data.corruptions.features import MissingValues, NaNs, ShiftedFeatures, UnscaledFeatures
from lossbook.data.corruptions.labels import LabelNoise, LabelOffset, ShuffledLabels

#: name -> the corruption with its usual settings
CORRUPTIONS: dict[str, Corruption] = {
    "label noise": LabelNoise(),
    "shuffled labels": ShuffledLabels(),
    "label offset": LabelOffset(),
    "missing values": MissingValues(),
    "NaNs": NaNs(),
    "unscaled features": UnscaledFeatures(),
    "shifted features": ShiftedFeatures(),
    "imbalance": Imbalance(),
    "duplicates": Duplicates(),
    "sorted": Sorted(),
}

__all__ = [
    "CORRUPTIONS",
    "Corruption",
    "Duplicates",
    "Imbalance",
    "LabelNoise",
    "LabelOffset",
    "MissingValues",
    "NaNs",
    "ShiftedFeatures",
    "ShuffledLabels",
    "Sorted",
    "UnscaledFeatures",
]
