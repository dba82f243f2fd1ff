"""The embedded digits: whole, the same on every route, and safe to unpack from several processes at once."""

from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import transforms

from lossbook.data import Digits, Normalize, mnist, mnist_arrays, mnist_root

module = sys.modules["lossbook.data.mnist"]


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the embedded files that a test may damage."""
    for path in module.EMBEDDED.glob("*.gz"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(module, "EMBEDDED", tmp_path)
    return tmp_path


def test_ten_thousand_digits_every_class_in_the_same_share() -> None:
    data = mnist_arrays()
    assert data.train_images.shape == (8000, 28, 28)
    assert data.test_images.shape == (2000, 28, 28)
    assert data.train_images.dtype == np.uint8
    assert (data.train_images.min(), data.train_images.max()) == (0, 255)
    train, test = Counter(data.train_labels.tolist()), Counter(data.test_labels.tolist())
    assert set(train) == set(test) == set(range(10))
    assert all(abs(train[digit] / 8000 - test[digit] / 2000) < 1e-3 for digit in range(10))


def test_no_digit_stands_in_both_parts() -> None:
    data = mnist_arrays()
    train = {image.tobytes() for image in data.train_images}
    assert not any(image.tobytes() in train for image in data.test_images)


def test_torchvision_and_arrays_hold_the_same() -> None:
    data = mnist_arrays()
    for split, images, labels in (("train", *data[:2]), ("test", *data[2:])):
        dataset = mnist(split)
        np.testing.assert_array_equal(dataset.data.numpy(), images)
        np.testing.assert_array_equal(dataset.targets.numpy(), labels)


def test_digits_are_what_the_document_feeds_its_net() -> None:
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    split, dataset = Digits().load(), mnist("train", transform=transform)
    for index in range(0, 8000, 997):
        image, label = dataset[index]
        assert torch.equal(image, torch.from_numpy(split.train_x[index]))
        assert label == split.train_y[index]
    assert split.train_x.dtype == split.val_x.dtype == np.float32
    assert (split.train_x.min(), split.train_x.max()) == (-1.0, 1.0)


def test_transforms_and_size_are_knobs() -> None:
    split = Digits(train_size=5, train_transform=Normalize(0.0, 0.5)).load()
    assert len(split.train_x) == len(split.train_y) == 5
    assert split.train_x.max() == 2.0
    assert split.val_x.min() == -1.0


@pytest.mark.parametrize("damage", ["cut", "flip", "swap", "gone"])
def test_a_damaged_file_is_named(copy: Path, damage: str) -> None:
    victim = copy / "t10k-labels-idx1-ubyte.gz"
    data = victim.read_bytes()
    if damage == "cut":
        victim.write_bytes(data[:-20])
    elif damage == "flip":
        victim.write_bytes(gzip.compress(b"\x00" + gzip.decompress(data)[1:-1] + b"\x0a"))
    elif damage == "swap":
        victim.write_bytes((copy / "train-labels-idx1-ubyte.gz").read_bytes())
    else:
        victim.unlink()
    with pytest.raises(OSError, match=r"t10k-labels-idx1-ubyte\.gz is damaged"):
        mnist_arrays()


def test_the_unpacked_files_mend_themselves(tmp_path: Path) -> None:
    raw = mnist_root(root=str(tmp_path)) / "MNIST" / "raw"
    assert sorted(path.name for path in raw.iterdir()) == sorted(module.FILES)
    (raw / "train-labels-idx1-ubyte").write_bytes(b"half")
    assert len(mnist("train", root=str(tmp_path))) == 8000
    for name, digest in module.FILES.items():
        assert hashlib.sha256((raw / name).read_bytes()).hexdigest() == digest


def test_several_processes_may_unpack_at_once(tmp_path: Path) -> None:
    code = f"from lossbook.data import mnist; print(len(mnist('train', root={str(tmp_path)!r})))"
    several = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[0].strip() for process in several] == ["8000"] * 4
    raw = tmp_path / "embedded" / "MNIST" / "raw"
    assert sorted(path.name for path in raw.iterdir()) == sorted(module.FILES)


def test_the_environment_may_name_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOSSBOOK_DATA", str(tmp_path / "with space"))
    assert mnist_root() == tmp_path / "with space" / "embedded"


@pytest.mark.parametrize("load", [lambda root: mnist("train", source="full", root=root),
                                  lambda root: mnist_arrays("full", root=root)])  # fmt: skip
def test_without_a_network_the_full_set_names_the_embedded_one(
    load: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torchvision.datasets import MNIST

    monkeypatch.setattr(MNIST, "mirrors", ["http://127.0.0.1:9/"])
    with pytest.raises(OSError, match=r"could not be downloaded .* source=\"embedded\""):
        load(str(tmp_path))  # type: ignore[operator]


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="split must be one of 'train', 'test', got 'tarin'. Did you mean 'train'"):
        mnist("tarin")
    with pytest.raises(ValueError, match="source must be one of 'embedded', 'full', got 'embeded'. Did you mean"):
        mnist_arrays("embeded")
    with pytest.raises(ValueError, match="train_size must be at most 8000, the digits of 'embedded', got 9000"):
        Digits(train_size=9000).load()
    with pytest.raises(ValueError, match=r"std must lie in \(0, inf\), got 0"):
        Normalize(std=0)
