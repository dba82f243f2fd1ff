"""Healthy trainings that look like broken ones, in programs of another kind than those that showed it."""

from __future__ import annotations

import copy

import torch
from foreign import seeded
from torch import nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES


class Tagger(nn.Module):
    """One class for each letter of a word."""

    def __init__(self) -> None:
        super().__init__()
        self.letters, self.cell, self.out = nn.Embedding(9, 8), nn.GRU(8, 8), nn.Linear(8, 3)

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.out(self.cell(self.letters(words))[0])


def tagged(*, turned: bool) -> Case:
    with seeded(0):
        words, model = torch.randint(0, 9, (120, 6)), Tagger()
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        with watch(model, optimizer) as watching:
            for rows in torch.randperm(120).split(12):
                x = words[rows].t() if turned else words[rows]
                optimizer.zero_grad()
                F.cross_entropy(model(x).flatten(0, 1), (x % 3).flatten()).backward()
                optimizer.step()
        return watching.case()


def test_words_whose_first_axis_is_the_time_are_not_mixed_though_a_table_as_it_was_read_is() -> None:
    probe = PROBES["batch-mixing"]
    assert not probe(tagged(turned=True)).found
    assert probe(tagged(turned=False)).found


def restarted(*, epochs: int) -> Case:
    """A classifier that goes back to where it began after so many epochs, with its optimiser."""
    with seeded(0):
        x = torch.randn(60, 5)
        y, model = (x[:, 0] > 0).long(), nn.Sequential(nn.Linear(5, 12), nn.Tanh(), nn.Linear(12, 2))
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        start = copy.deepcopy((model.state_dict(), optimizer.state_dict()))
        with watch(model, optimizer, loss_fn=F.cross_entropy) as watching:
            for _ in range(4):
                model.load_state_dict(start[0])
                optimizer.load_state_dict(copy.deepcopy(start[1]))
                for _ in range(epochs):
                    for rows in torch.randperm(60).split(10):
                        optimizer.zero_grad()
                        F.cross_entropy(model(x[rows]), y[rows]).backward()
                        optimizer.step()
        return watching.case()


def test_several_restarts_of_whole_trainings_are_no_lost_state_but_one_in_each_epoch_is() -> None:
    probe = PROBES["state-reset"]
    assert not probe(restarted(epochs=4)).found
    assert probe(restarted(epochs=1)).found


def decayed(lr: float, decay: float) -> Case:
    """A wide net on few numbers that are nearly all chance."""
    with seeded(0):
        x, unseen = torch.randn(24, 12), torch.randn(200, 12)
        y, wanted = (0.2 * each[:, :1] + 1.5 * torch.randn(len(each), 1) for each in (x, unseen))
        model = nn.Sequential(nn.Linear(12, 128), nn.ReLU(), nn.Linear(128, 1))
        optimizer = torch.optim.Adam(model.parameters(), lr=lr, weight_decay=decay)
        with watch(model, optimizer, loss_fn=nn.MSELoss()) as watching:
            for _ in range(40):
                for rows in torch.randperm(24).split(8):
                    optimizer.zero_grad()
                    F.mse_loss(model(x[rows]), y[rows]).backward()
                    optimizer.step()
                with torch.no_grad():
                    F.mse_loss(model(unseen), wanted)
        return watching.case()


def test_a_decay_that_keeps_noise_from_being_learnt_by_heart_is_not_too_strong() -> None:
    case = decayed(1e-2, 1.0)
    assert case.held_out is not None
    assert not PROBES["weight-decay-too-strong"](case).found
