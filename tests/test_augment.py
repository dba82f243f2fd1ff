"""Geometry against torchvision; then one contract for every row of AUGMENTATIONS."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields
from typing import Any

import numpy as np
import pytest
import torch
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

from lossbook.data import augment, mnist_arrays
from lossbook.data.augment import AUGMENTATIONS, RandomCrop, RandomFlip, RandomRotation
from lossbook.data.images import crop, flip, rotate

rows = pytest.mark.parametrize("augmentation", AUGMENTATIONS.values(), ids=AUGMENTATIONS.keys())
shapes = pytest.mark.parametrize("shape", [(3, 7, 10), (4, 2, 8, 5), (2, 1, 28, 28)], ids=str)
BILINEAR = v2.InterpolationMode.BILINEAR


def images(shape: tuple[int, ...], dtype: str = "float64") -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


@shapes
@pytest.mark.parametrize(("dtype", "bound"), [("float64", 1e-12), ("float32", 5e-5)])
@pytest.mark.parametrize("degrees", [0.0, 17.3, -33.0, 45.0, 90.0, 180.0, -90.0, 121.5])
def test_rotation_is_torchvisions(shape: tuple[int, ...], dtype: str, bound: float, degrees: float) -> None:
    x = images(shape, dtype)
    theirs = F.rotate(torch.tensor(x), degrees, interpolation=BILINEAR)
    for ours in (rotate(x, degrees), rotate(torch.tensor(x), degrees)):
        assert str(ours.dtype).removeprefix("torch.") == dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=bound)


@shapes
def test_flips_are_torchvisions(shape: tuple[int, ...]) -> None:
    x = images(shape)
    for direction, theirs in {"horizontal": F.horizontal_flip, "vertical": F.vertical_flip}.items():
        for ours in (flip(x, direction), flip(torch.tensor(x), direction)):
            np.testing.assert_array_equal(ours, theirs(torch.tensor(x)))


@shapes
@pytest.mark.parametrize("window", [(0, 0, 4, 4), (2, 1, 3, 4), (-2, 3, 9, 4), (5, -3, 6, 12), (40, 0, 2, 2)], ids=str)
@pytest.mark.parametrize("dtype", ["float64", "uint8"])
def test_crops_are_torchvisions(shape: tuple[int, ...], window: tuple[int, int, int, int], dtype: str) -> None:
    x = (images(shape) * 50 + 100).astype(dtype)
    theirs = F.crop(torch.tensor(x), *window)
    for ours in (crop(x, *window), crop(torch.tensor(x), *window)):
        assert str(ours.dtype).removeprefix("torch.") == dtype
        np.testing.assert_array_equal(ours, theirs)


def test_a_crop_beyond_the_edge_is_a_pad_and_a_crop() -> None:
    x = torch.tensor(images((2, 1, 6, 6)))
    padded = F.pad(x, [2, 2, 2, 2])
    for top, left in np.ndindex(5, 5):
        assert torch.equal(crop(x, top - 2, left - 2, 6, 6), padded[..., top : top + 6, left : left + 6])


@shapes
@pytest.mark.parametrize("make", [np.asarray, torch.tensor], ids=["numpy", "torch"])
def test_each_image_may_have_its_own_angle_and_place(shape: tuple[int, ...], make: Any) -> None:
    x, n = images(shape), shape[0]
    degrees, top, left = np.linspace(-40, 70, n), np.arange(n) - 1, 2 - np.arange(n)
    turned, cut = rotate(make(x), degrees), crop(make(x), top, left, 5, 4)
    for i in range(n):
        one = slice(i, i + 1)
        np.testing.assert_array_equal(turned[one], rotate(x[one], float(degrees[i])))
        np.testing.assert_array_equal(cut[one], crop(x[one], int(top[i]), int(left[i]), 5, 4))


def test_by_hand() -> None:
    x = np.array([[[1.0, 2.0], [3.0, 4.0]]])
    np.testing.assert_allclose(rotate(x, 90), [[[2.0, 4.0], [1.0, 3.0]]], atol=1e-14)  # anticlockwise
    noon = np.zeros((1, 3, 3))
    noon[0, 0, 1] = 1.0
    turned, near = rotate(noon, 45)[0], np.sqrt(0.5)
    np.testing.assert_allclose(turned[0, 0], 2 - np.sqrt(2))  # looks at row -√2, column 0: 0.41 above the pixel
    np.testing.assert_allclose(turned[0, 1], near * (1 - near))  # looks at row -√½, column √½
    np.testing.assert_allclose(turned[1, 0], near * (1 - near))  # looks at row -√½, column -√½
    assert turned[0, 2] == turned[2, 2] == 0
    assert crop(x, -1, 1, 2, 2).tolist() == [[[0.0, 0.0], [2.0, 0.0]]]


def test_gradients_flow_through_a_rotation() -> None:
    x = torch.tensor(images((1, 5, 5)), requires_grad=True)
    assert torch.autograd.gradcheck(lambda image: rotate(image, 30.0), x)


@rows
def test_an_augmentation_is_a_value(augmentation: Any) -> None:
    again = eval(repr(augmentation), vars(augment))
    assert again == augmentation == pickle.loads(pickle.dumps(augmentation))
    assert hash(again) == hash(augmentation)
    for item in fields(augmentation):
        with pytest.raises(FrozenInstanceError):
            setattr(augmentation, item.name, 1)


@rows
@pytest.mark.parametrize("shape", [(6, 28, 28), (6, 2, 28, 28)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_apply_is_pure_repeatable_and_the_same_in_torch(augmentation: Any, shape: tuple[int, ...], dtype: str) -> None:
    x = images(shape, dtype)
    kept = x.copy()
    ours = augmentation.apply(x, np.random.default_rng(3))
    tensor = augmentation.apply(torch.tensor(x), np.random.default_rng(3))
    assert ours.shape == x.shape == tuple(tensor.shape)
    assert ours.dtype == x.dtype
    assert tensor.dtype == torch.tensor(x).dtype
    np.testing.assert_allclose(ours, tensor, rtol=0, atol=1e-6 if dtype == "float32" else 1e-14)
    np.testing.assert_array_equal(x, kept)
    np.testing.assert_array_equal(ours, augmentation.apply(x, np.random.default_rng(3)))
    assert not np.array_equal(ours, augmentation.apply(x, np.random.default_rng(4)))


@rows
def test_what_does_not_fit_is_refused(augmentation: Any) -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"x must be images, \(N, H, W\) or \(N, C, H, W\), got shape \(28, 28\)"):
        augmentation.apply(np.ones((28, 28)), rng)
    with pytest.raises(ValueError, match=r"x must hold at least one element, got shape \(0, 28, 28\)"):
        augmentation.apply(np.ones((0, 28, 28)), rng)
    with pytest.raises(TypeError, match="x must be a NumPy array or a torch tensor, got list"):
        augmentation.apply([[[1.0]]], rng)
    with pytest.raises(TypeError, match=r"rng must have a method integers\(\), got 3"):
        augmentation.apply(np.ones((1, 28, 28)), 3)


def test_random_rotation_turns_each_image_by_its_own_angle_in_range() -> None:
    x = images((5, 9, 9))
    turned = RandomRotation(30.0).apply(x, np.random.default_rng(1))
    angles = np.random.default_rng(1).uniform(-30, 30, size=5)
    for image, result, angle in zip(x, turned, angles, strict=True):
        theirs = F.rotate(torch.tensor(image[None]), angle, interpolation=BILINEAR)
        np.testing.assert_allclose(result, theirs[0], rtol=0, atol=1e-12)


def test_random_flip_flips_a_share_and_never_or_always_at_the_ends() -> None:
    x = images((2000, 2, 2))
    flipped = (RandomFlip(p=0.3).apply(x, np.random.default_rng(0)) != x).any(axis=(1, 2))
    assert flipped.mean() == pytest.approx(0.3, abs=5 * np.sqrt(0.3 * 0.7 / 2000))
    for direction in ("horizontal", "vertical"):
        never, always = (RandomFlip(p, direction) for p in (0.0, 1.0))
        for one in (never, always):
            theirs = one.to_torch()(torch.tensor(x))
            np.testing.assert_array_equal(one.apply(x, np.random.default_rng(0)), theirs)


def test_random_crop_reaches_every_place_and_no_other() -> None:
    x = np.zeros((1000, 4, 4))
    x[:, 1, 1] = 1.0
    cut = RandomCrop(size=4, padding=1).apply(x, np.random.default_rng(0))
    found = np.argwhere(cut)  # (image, row, column) of the one bright pixel
    assert len(found) == 1000
    assert set(map(tuple, found[:, 1:].tolist())) == {(row, col) for row in range(3) for col in range(3)}
    smaller = RandomCrop(size=2, padding=0).apply(images((3, 1, 4, 5)), np.random.default_rng(0))
    assert smaller.shape == (3, 1, 2, 2)
    with pytest.raises(ValueError, match="size must be at most 8, with padding, got 9"):
        RandomCrop(size=9, padding=2).apply(x, np.random.default_rng(0))


def test_the_torchvision_twins_have_the_same_settings() -> None:
    rotation = RandomRotation(20.0).to_torch()
    assert isinstance(rotation, v2.RandomRotation)
    assert rotation.degrees == [-20.0, 20.0]
    assert rotation.interpolation == BILINEAR
    cropped = RandomCrop(size=5, padding=1).to_torch()
    assert isinstance(cropped, v2.RandomCrop)
    assert cropped(torch.ones(1, 6, 6)).shape == (1, 5, 5)
    exact = RandomCrop(size=6, padding=0)
    x = images((2, 1, 6, 6))
    np.testing.assert_array_equal(exact.apply(x, np.random.default_rng(0)), exact.to_torch()(torch.tensor(x)))


def test_digits_turned_keep_most_of_their_ink() -> None:
    x = mnist_arrays().train_images[:64, None].astype(np.float32) / 255
    turned = RandomRotation(15.0).apply(x, np.random.default_rng(0))
    assert turned.dtype == np.float32
    assert turned.sum() == pytest.approx(x.sum(), rel=0.01)
    assert np.abs(turned - x).mean() > 0.01


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: RandomRotation(181.0), r"degrees must lie in \[0, 180\], got 181.0"),
        (lambda: RandomFlip(p=1.5), r"p must lie in \[0, 1\], got 1.5"),
        (lambda: RandomFlip(direction="horizontl"), "one of 'horizontal', 'vertical', got 'horizontl'. Did you mean"),
        (lambda: RandomCrop(size=0), "size must be at least 1, got 0"),
        (lambda: RandomCrop(padding=-1), "padding must be at least 0, got -1"),
        (lambda: RandomCrop(size=2.0), "size must be a whole number, got 2.0"),  # type: ignore[arg-type]
        (lambda: rotate(images((3, 4, 4)), np.ones(2)),
         r"degrees must be one numeric value, or an array of 3, one per image, got array\("),
        (lambda: rotate(images((3, 4, 4)), "90"), "degrees must be one numeric value, .* got '90'"),  # type: ignore[arg-type]
        (lambda: rotate(np.ones((1, 4, 4), dtype=np.uint8), 90), "x must have a floating dtype, got uint8"),
        (lambda: crop(images((3, 4, 4)), 1.5, 0, 2, 2), "top must be one integral value, .* got 1.5"),  # type: ignore[arg-type]
        (lambda: crop(images((3, 4, 4)), 0, 0, 2, 0), "width must be at least 1, got 0"),
        (lambda: flip(images((3, 4, 4)), "diagonal"), "one of 'horizontal', 'vertical', got 'diagonal'"),
    ],
)  # fmt: skip
def test_bad_arguments_are_refused(make: Any, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        make()


@rows
@pytest.mark.parametrize("layout", ["reversed", "read only", "big-endian", "half"])
def test_every_layout_gives_the_same_in_an_array_of_its_own(augmentation: Any, layout: str) -> None:
    x = images((4, 1, 28, 28), "float32").round(1)
    other = {
        "reversed": lambda: x[::-1].copy()[::-1],
        "read only": x.copy,
        "big-endian": lambda: x.astype(">f4"),
        "half": lambda: x.astype("float16"),
    }[layout]()
    other.setflags(write=layout != "read only")
    once = augmentation.apply(x, np.random.default_rng(0))
    again = augmentation.apply(other, np.random.default_rng(0))
    np.testing.assert_allclose(again, once, atol=0.01 if layout == "half" else 0)
    assert not np.shares_memory(again, other)
    assert min(again.strides) > 0  # torch cannot read negative strides
    assert again.dtype == ("float16" if layout == "half" else "float32")


@pytest.mark.parametrize("direction", ["horizontal", "vertical"])
def test_mirrored_images_are_no_view_of_the_images(direction: str) -> None:
    x = images((3, 4, 5))
    kept, mirrored = x.copy(), flip(x, direction)
    mirrored[:] = 0
    np.testing.assert_array_equal(x, kept)
    torch.from_numpy(flip(x, direction))  # it can read them
