"""The embedded digits: whole, the same on every route, and safe to unpack from several processes at once."""

from __future__ import annotations

import gzip
import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import transforms

from lossbook.data import Digits, Normalize, Pool, mnist, mnist_arrays, mnist_root

module = sys.modules["lossbook.data.mnist_files"]


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


@pytest.mark.skipif(os.name != "posix", reason="permissions of this kind are POSIX's")
@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_what_is_unpacked_may_be_read_by_all_whom_the_umask_lets(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        raw = mnist_root(root=tmp_path) / "MNIST" / "raw"
    finally:
        os.umask(before)
    assert {path.stat().st_mode & 0o777 for path in raw.iterdir()} == {0o666 & ~umask}


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_disk_that_is_full_is_told_and_nothing_is_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def full(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(Path, "replace", full)
    for _ in range(3):
        with pytest.raises(type(error)) as caught:
            mnist_root(root=tmp_path)
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    if isinstance(error, OSError):
        assert str(caught.value).startswith("The digits cannot be unpacked: ")
        assert str(caught.value).endswith("Name another folder in root or in the environment variable LOSSBOOK_DATA.")


def test_a_whole_folder_is_only_read_and_a_damaged_one_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = mnist_root(root=tmp_path) / "MNIST" / "raw"

    def forbidden(*arguments: object, **settings: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(module, "write_whole", forbidden)
    monkeypatch.setattr(Path, "mkdir", forbidden)
    assert len(mnist("train", root=tmp_path)) == 8000  # somebody else's folder, which others may read
    (raw / "t10k-labels-idx1-ubyte").write_bytes(b"half")
    with pytest.raises(
        OSError, match=r"^The digits cannot be unpacked: .*Permission denied Name another folder in root"
    ):
        mnist_root(root=tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="^The digits cannot be unpacked: .*LOSSBOOK_DATA.$"):
        mnist_root(root=tmp_path / "file")


def test_several_processes_may_unpack_at_once(tmp_path: Path) -> None:
    code = f"from lossbook.data import mnist_root; print(mnist_root(root={str(tmp_path)!r}))"  # starts without torch
    several = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[0].strip() for process in several] == [str(tmp_path / "embedded")] * 4
    assert len(mnist("train", root=tmp_path)) == 8000
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


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_a_transform_keeps_the_dtype_whatever_number_its_knob_is(dtype: str) -> None:
    x = np.full((1, 1, 4, 4), 0.75, dtype)
    for transform in (Normalize(np.float64(0.5), np.float64(0.25)), Pool(2, Normalize(np.float64(0.5), 0.25))):
        assert transform(x).dtype == dtype
        assert (transform(x) == 1).all()
        assert (x == 0.75).all()


def test_pooling_refuses_bytes_and_images_that_it_cannot_divide() -> None:
    with pytest.raises(TypeError, match="x must have a floating dtype, got uint8"):
        Pool()(np.full((1, 1, 28, 28), 200, np.uint8))
    with pytest.raises(ValueError, match="size must divide the image's side, 5, got 2"):
        Pool()(np.ones((1, 1, 4, 5)))
