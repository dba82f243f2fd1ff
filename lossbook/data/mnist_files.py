"""MNIST, offline: 10,000 digits come with the package; torchvision downloads the full set if there is a network."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lossbook import checks
from lossbook.files import user_path, write_whole

if TYPE_CHECKING:
    from torchvision.datasets import MNIST

SOURCES = ("embedded", "full")
EMBEDDED = Path(__file__).parent / "mnist10k"

#: file name -> SHA-256 of the file once unpacked
FILES = {
    "train-images-idx3-ubyte": "70098286e4e9600303b50e8e2911a7e4baa182697af7923659ab4de8ff827ef9",
    "train-labels-idx1-ubyte": "8a82f24f46462cabc62f9a000ba18e1e411227611b3b7ae6b0224231eda5cf49",
    "t10k-images-idx3-ubyte": "2d3b5f764e760a95c35ec7e4d88f46ae21888c3165a0894ac02a92e648f33a7c",
    "t10k-labels-idx1-ubyte": "0bdb33620b487cd343f514d05f95383b6e88c34dc54a8d4fb6043412aa1cc0c9",
}


class MNISTArrays(NamedTuple):
    train_images: np.ndarray  # (8000, 28, 28) uint8, 0 to 255; 60,000 in the full set
    train_labels: np.ndarray  # (8000,) int64, 0 to 9
    test_images: np.ndarray  # (2000, 28, 28) uint8; 10,000 in the full set
    test_labels: np.ndarray  # (2000,) int64


def mnist(
    split: str = "train",
    *,
    source: str = "embedded",
    transform: Callable | None = None,
    root: str | os.PathLike[str] | None = None,
) -> MNIST:
    """MNIST as torchvision's own dataset.

    Args:
        split: "train" or "test".
        source: "embedded", the 10,000 digits of the package (8,000 and 2,000), or "full", the 60,000 and 10,000 that
            torchvision downloads once.
        transform: a function that torchvision applies to each image.
        root: folder for the files; ``~`` is the home folder. By default the folder that :func:`mnist_root` gives.

    Raises:
        ValueError: an unknown split or source.
        OSError: an embedded file is damaged or cannot be unpacked; the full set is not there and cannot be downloaded.

    >>> len(mnist("train")), len(mnist("test"))
    (8000, 2000)
    """
    checks.one_of("split", split, ("train", "test"))
    from torchvision.datasets import MNIST

    folder = mnist_root(source, root)
    try:
        return MNIST(folder, train=split == "train", transform=transform, download=True)
    except (OSError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise OSError(
            f"The full MNIST is not in {folder} and could not be downloaded ({reason}). Without a network, "
            'use the 10,000 digits that come with lossbook: source="embedded".'
        ) from error


def mnist_arrays(source: str = "embedded", *, root: str | os.PathLike[str] | None = None) -> MNISTArrays:
    """MNIST as four NumPy arrays: train and test, images and labels. Arguments and errors as in :func:`mnist`.

    >>> mnist_arrays().train_images.shape
    (8000, 28, 28)
    """
    checks.one_of("source", source, SOURCES)
    if source == "embedded":
        return MNISTArrays(*(_parse(_embedded(name)) for name in FILES))
    splits = [mnist(split, source=source, root=root) for split in ("train", "test")]
    parts = [(data.data.numpy(), data.targets.numpy()) for data in splits]
    return MNISTArrays(*parts[0], *parts[1])


def mnist_root(source: str = "embedded", root: str | os.PathLike[str] | None = None) -> Path:
    """The folder for ``torchvision.datasets.MNIST(root, download=True)``; the embedded digits are unpacked there.

    The default is ``lossbook`` in the user's cache folder; the environment variable ``LOSSBOOK_DATA`` names another.
    Several users may share a folder: intact files are only read, so a folder that holds them need not be writable.

    Raises:
        ValueError: an unknown source; a home folder that does not exist.
        OSError: a file is missing or damaged, and cannot be written.
    """
    checks.one_of("source", source, SOURCES)
    folder = user_path(root or os.environ.get("LOSSBOOK_DATA") or _cache()) / source
    if source == "embedded":
        raw = folder / "MNIST" / "raw"
        for name, digest in FILES.items():
            if not _intact(raw / name, digest):
                _unpack(raw / name, _embedded(name))
    return folder


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "lossbook"


def _embedded(name: str) -> bytes:
    """One embedded file, unpacked and checked; read once, unless it changes."""
    path = EMBEDDED / f"{name}.gz"
    return _unpacked(path, path.stat().st_mtime_ns if path.exists() else 0)


@lru_cache(maxsize=len(FILES))
def _unpacked(path: Path, changed: int) -> bytes:
    try:
        data = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, ValueError) as error:
        raise OSError(f"The embedded file {path} is damaged or missing ({error}). Install lossbook again.") from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != FILES[path.stem]:
        raise OSError(f"The embedded file {path} is damaged: its SHA-256 is {digest}, must be {FILES[path.stem]}.")
    return data


def _intact(path: Path, digest: str) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == digest
    except OSError:  # it is missing, or this user may not read it
        return False


def _unpack(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise OSError(
            f"The digits cannot be unpacked: {error} Name another folder in root or in the environment variable "
            "LOSSBOOK_DATA."
        ) from error


def _parse(idx: bytes) -> np.ndarray:
    """IDX: two zero bytes, the type (8 = unsigned byte), the number of axes, each length in 4 bytes, then the data."""
    axes = idx[3]
    shape = np.frombuffer(idx, ">i4", count=axes, offset=4)
    array = np.frombuffer(idx, np.uint8, offset=4 + 4 * axes).reshape(shape)
    return array.copy() if axes > 1 else array.astype(np.int64)
