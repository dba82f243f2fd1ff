"""Data: MNIST offline, as torchvision's dataset, as arrays, and as an experiment's frozen ``data``."""

from lossbook.data.digits import Digits, Normalize, Split
from lossbook.data.mnist import MNISTArrays, mnist, mnist_arrays, mnist_root

__all__ = ["Digits", "MNISTArrays", "Normalize", "Split", "mnist", "mnist_arrays", "mnist_root"]
