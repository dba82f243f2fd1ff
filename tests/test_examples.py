"""The examples of batches: joined, picked out, dealt anew, whatever their structure is."""

from __future__ import annotations

import torch

from lossbook.evidence import Batch
from lossbook.probes.examples import dealt, finite_part, how_many, joined, marks


def words(n: int, length: int, first: int = 0) -> Batch:
    """Tokens and a mask, by name, with labels: each token of an example is its number."""
    ids = torch.arange(first, first + n)[:, None].expand(n, length)
    return Batch((), {"ids": ids, "mask": torch.ones(n, length)}, (ids[:, 0], torch.tensor(3.0)))


def test_examples_of_all_batches_of_one_shape_are_joined_and_others_left_out() -> None:
    whole = joined([words(4, 7), words(4, 9), words(2, 7, first=4)])
    assert whole.size == 6
    assert whole.kwargs["ids"][:, 3].tolist() == [0, 1, 2, 3, 4, 5]
    assert whole.target[0].tolist() == [0, 1, 2, 3, 4, 5]
    assert whole.target[1] == 3.0  # no example's


def test_examples_are_dealt_once_each_with_their_targets() -> None:
    batches = dealt(words(10, 2), 3, seed=0)
    numbers = [int(one) for batch in batches for one in batch.target[0]]
    assert len(numbers) == len(set(numbers)) == 9  # one is left over
    assert numbers != sorted(numbers)
    assert all(torch.equal(batch.kwargs["ids"][:, 0], batch.target[0]) for batch in batches)
    assert [batch.target[0].tolist() for batch in dealt(words(4, 2), 2)] == [[0, 1], [2, 3]]


def test_examples_are_picked_by_number_and_by_mask() -> None:
    batch = words(4, 2)
    assert batch.rows(torch.tensor([2, 2])).target[0].tolist() == [2, 2]
    assert batch.rows(torch.tensor([True, False, False, True])).target[0].tolist() == [0, 3]


def test_what_is_not_finite_goes_and_a_mask_of_minus_infinity_stays() -> None:
    hidden = torch.tensor([[0.0, -torch.inf], [0.0, 0.0], [0.0, -torch.inf]])
    batch = Batch((torch.tensor([[1.0], [torch.nan], [2.0]]), hidden), {}, torch.tensor([1.0, 1.0, torch.inf]))
    kept = finite_part(batch)
    assert kept.size == 1
    assert kept.inputs[1].tolist() == [[0.0, -torch.inf]]


def test_examples_with_one_token_and_other_measurements_are_different_ones() -> None:
    job, pay = torch.tensor([3, 3, 3, 5]), torch.tensor([[1.0, 2.0], [1.0, 2.0], [4.0, 2.0], [1.0, 2.0]])
    for inputs in ((job, pay), (pay, job)):
        assert how_many(Batch(inputs, {}, None)) == 3
        one, same, *others = marks(Batch(inputs, {}, None))
        assert one == same
        assert one not in others


def test_examples_are_the_same_however_they_were_filled_up() -> None:
    ids = torch.tensor([[7, 8, 0], [7, 0, 0]])
    short, long = (Batch((part, torch.tensor([0.5, 2.0])), {"there": part > 0}, None) for part in (ids[:, :2], ids))
    assert marks(short) == marks(long)
    assert how_many(long) == 2
