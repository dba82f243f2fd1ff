"""Look at the data before the model: each check counts, and says in one sentence what it found. Nothing is printed.

All raise TypeError unless they get an array, and integers as labels. They raise ValueError for an empty array, labels
that are not (N,), and knobs outside their range.
"""

from collections.abc import Callable

from lossbook.data.digits import Split
from lossbook.data.inspect.base import Check
from lossbook.data.inspect.inputs import (
    ConstantFeatures,
    FeatureRanges,
    NonFinite,
    Repeats,
    constant_features,
    duplicates,
    feature_ranges,
    leakage,
    non_finite,
)
from lossbook.data.inspect.labels import (
    ClassBalance,
    LabelOrder,
    LabelRange,
    class_balance,
    label_order,
    label_range,
)

#: name -> the check, as a function of a split; all look at the training data, leakage at the held-out data too
CHECKS: dict[str, Callable[[Split], Check]] = {
    "class balance": lambda split: class_balance(split.train_y),
    "label range": lambda split: label_range(split.train_y),
    "label order": lambda split: label_order(split.train_y),
    "non-finite": lambda split: non_finite(split.train_x),
    "duplicates": lambda split: duplicates(split.train_x),
    "leakage": lambda split: leakage(split.train_x, split.val_x),
    "constant features": lambda split: constant_features(split.train_x),
    "feature ranges": lambda split: feature_ranges(split.train_x),
}

__all__ = [
    "CHECKS",
    "Check",
    "ClassBalance",
    "ConstantFeatures",
    "FeatureRanges",
    "LabelOrder",
    "LabelRange",
    "NonFinite",
    "Repeats",
    "class_balance",
    "constant_features",
    "duplicates",
    "feature_ranges",
    "label_order",
    "label_range",
    "leakage",
    "non_finite",
]
