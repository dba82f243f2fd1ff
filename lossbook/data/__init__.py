"""Data: MNIST offline, preprocessing, augmentation, checks, and corruptions that break them on purpose.

``corruptions`` and ``inspect`` are modules of their own, since a corruption and the check that finds it share a name.
"""

import sys

from lossbook.data import mnist_files
from lossbook.data.arrays import Arrays
from lossbook.data.augment import AUGMENTATIONS, RandomCrop, RandomFlip, RandomRotation
from lossbook.data.corrupted import Corrupted
from lossbook.data.digit_values import DigitValues
from lossbook.data.digits import Digits, Normalize, Pool, Split
from lossbook.data.from_torch import FromTorch
from lossbook.data.images import crop, flip, rotate
from lossbook.data.missing import Impute, missing_share
from lossbook.data.mnist_files import MNISTArrays, mnist, mnist_arrays, mnist_root
from lossbook.data.preprocessing import PREPROCESSORS, MinMax, Standardize

sys.modules[f"{__name__}.mnist"] = mnist_files  # the name under which others may still import that module

__all__ = [
    "AUGMENTATIONS",
    "PREPROCESSORS",
    "Arrays",
    "Corrupted",
    "DigitValues",
    "Digits",
    "FromTorch",
    "Impute",
    "MNISTArrays",
    "MinMax",
    "Normalize",
    "Pool",
    "RandomCrop",
    "RandomFlip",
    "RandomRotation",
    "Split",
    "Standardize",
    "crop",
    "flip",
    "missing_share",
    "mnist",
    "mnist_arrays",
    "mnist_root",
    "rotate",
]
