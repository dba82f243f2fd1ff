"""Checks of arguments, with the wording of the messages that several modules need.

Each check takes the argument's name first, so that the message can say which one is meant, and ends with the value
that was received. A check returns nothing and changes nothing: a wrong argument raises and is never repaired.
"""

from lossbook.checks.arrays import (
    Array,
    class_axis,
    finite,
    floating,
    integral,
    labels,
    labels_if_readable,
    namespace,
    not_empty,
    same_dtype,
    same_shape,
    shape,
    values_in,
)
from lossbook.checks.numbers import (
    betas,
    divides,
    each_in_interval,
    flag,
    in_interval,
    learning_rate,
    number,
    one_of,
    pair,
    seed,
    whole_number,
)
from lossbook.checks.objects import (
    by_label,
    has_fields,
    has_method,
    one_each,
    same_names,
    update_rule,
    writable,
)

__all__ = [
    "Array",
    "betas",
    "by_label",
    "class_axis",
    "divides",
    "each_in_interval",
    "finite",
    "flag",
    "floating",
    "has_fields",
    "has_method",
    "in_interval",
    "integral",
    "labels",
    "labels_if_readable",
    "learning_rate",
    "namespace",
    "not_empty",
    "number",
    "one_each",
    "one_of",
    "pair",
    "same_dtype",
    "same_names",
    "same_shape",
    "seed",
    "shape",
    "update_rule",
    "values_in",
    "whole_number",
    "writable",
]
