"""What the data card says of the digits: counts and checksums."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest
from conftest import ROOT

from lossbook import data

FOLDER = ROOT / "lossbook" / "data" / "mnist10k"
CARD = (FOLDER / "README.md").read_text(encoding="utf8")


@pytest.mark.parametrize("part", ["training", "test"])
def test_the_card_counts_the_digits_of_each_class(part: str) -> None:
    arrays = data.mnist_arrays()
    labels = arrays.train_labels if part == "training" else arrays.test_labels
    [row] = re.findall(rf"^\| {part} \|(.+)\|$", CARD, re.MULTILINE)
    assert [int(count) for count in row.split("|")] == np.bincount(labels, minlength=10).tolist()


def test_every_digit_has_nearly_the_same_share_in_both_parts() -> None:
    arrays = data.mnist_arrays()
    shares = [np.bincount(labels) / len(labels) for labels in (arrays.train_labels, arrays.test_labels)]
    assert np.abs(np.subtract(*shares)).max() < 0.001


def test_the_card_names_every_file_with_its_checksum() -> None:
    listed = dict(re.findall(r"^\| `(\S+\.gz)` \| `([0-9a-f]{64})` \|$", CARD, re.MULTILINE))
    assert listed == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*.gz")}
