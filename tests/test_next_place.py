"""Places that see what they shall foretell, in programs of another kind than those missed; and sound ones like them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from foreign import seeded
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Case, watch
from lossbook.probes import PROBES

N, T, TONES, NOTES = 24, 10, 6, 12
Loss = Callable[[nn.Module, Tensor], Tensor]


class Melody(nn.Module):
    """A note for each place, from those that the mask lets it see; the codes of the whole row, if it has some."""

    def __init__(self, ahead: int | None) -> None:
        super().__init__()
        self.notes, self.places = nn.Embedding(NOTES, 24), nn.Parameter(0.1 * torch.randn(T, 24))
        self.layer = nn.TransformerEncoderLayer(24, 4, 48, dropout=0.0, batch_first=True, norm_first=True)
        self.head, self.ahead = nn.Linear(24, NOTES), ahead

    def forward(self, notes: Tensor) -> Tensor:
        many = notes.shape[1]
        late = None if self.ahead is None else torch.ones(many, many).triu(1 + self.ahead).bool()
        return self.head(self.layer(self.notes(notes) + self.places[:many], src_mask=late))


class Chords(nn.Module):
    """The next tones of each place, several at once; time first."""

    def __init__(self, *, both_ways: bool) -> None:
        super().__init__()
        self.lstm = nn.LSTM(TONES, 24, bidirectional=both_ways)
        self.head = nn.Linear(24 * (1 + both_ways), TONES)

    def forward(self, rolls: Tensor) -> Tensor:
        return self.head(self.lstm(rolls)[0])


class Retold(nn.Module):
    """A row made into one code, and told again, note by note."""

    def __init__(self) -> None:
        super().__init__()
        self.notes, self.code = nn.Embedding(NOTES, 24), nn.Linear(48, 32)
        self.listen, self.tell = nn.GRU(24, 48, batch_first=True), nn.GRU(24, 32, batch_first=True)
        self.head = nn.Linear(32, NOTES)

    def forward(self, notes: Tensor) -> Tensor:
        h = self.notes(notes)
        return self.head(self.tell(h, torch.tanh(self.code(self.listen(h)[1])))[0])


def tunes() -> Tensor:
    after = torch.stack([torch.randperm(NOTES) for _ in range(3)], 1)
    rows = [torch.randint(NOTES, (400,))]
    for _ in range(T - 1):
        rows.append(after[rows[-1], torch.randint(3, (400,))])
    return torch.stack(rows, 1)


def rolls() -> Tensor:
    return (torch.rand(400, 1, TONES) < torch.rand(400, T, TONES)).float()


def waves() -> Tensor:
    return torch.sin((0.3 + 0.5 * torch.rand(400, 1, 1)) * torch.arange(T) + 6 * torch.rand(400, 1, 1))


def labels_are_shifted(model: nn.Module, notes: Tensor) -> Tensor:
    """The whole row goes in, and outputs and targets are cut, as where a model gets its ids for labels."""
    return F.cross_entropy(model(notes)[:, :-1].reshape(-1, NOTES), notes[:, 1:].reshape(-1))


def inputs_are_shifted(model: nn.Module, notes: Tensor) -> Tensor:
    return F.cross_entropy(model(notes[:, :-1]).transpose(1, 2), notes[:, 1:])


def time_first(model: nn.Module, tones: Tensor) -> Tensor:
    tones = tones.transpose(0, 1)
    return F.binary_cross_entropy_with_logits(model(tones[:-1]), tones[1:])


def along_the_last_axis(model: nn.Module, waves: Tensor) -> Tensor:
    return F.mse_loss(model(waves[..., :-1]), waves[..., 1:])


def around_the_ring(model: nn.Module, waves: Tensor) -> Tensor:
    return F.mse_loss(model(waves), waves.roll(-1, -1))


def neighbours(rim: str) -> nn.Module:
    return nn.Sequential(nn.Conv1d(1, 16, 3, padding=1, padding_mode=rim), nn.ReLU(), nn.Conv1d(16, 1, 1))


def window_as_a_whole() -> nn.Module:
    return nn.Sequential(nn.Linear(T - 1, 48), nn.ReLU(), nn.Linear(48, T - 1))


def trained(make: Callable[[], nn.Module], rows: Callable[[], Tensor], loss_of: Loss, steps: int) -> Case:
    with seeded(0):
        model, data = make(), rows()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.006)
        with watch(model, optimizer) as watching:
            for _ in range(steps):
                loss = loss_of(model, data[torch.randint(len(data), (N,))])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
    return watching.case()


@pytest.mark.parametrize(
    ("make", "rows", "loss_of", "found"),
    [
        (lambda: Melody(None), tunes, labels_are_shifted, True),
        (lambda: Melody(1), tunes, labels_are_shifted, True),
        (lambda: Melody(0), tunes, labels_are_shifted, False),
        (lambda: Chords(both_ways=True), rolls, time_first, True),
        (lambda: Chords(both_ways=False), rolls, time_first, False),
        (lambda: neighbours("zeros"), waves, along_the_last_axis, True),
    ],
)
def test_places_that_see_what_comes_next_are_found_in_tokens_chords_and_waves(
    make: Callable[[], nn.Module], rows: Callable[[], Tensor], loss_of: Loss, *, found: bool
) -> None:
    reading = PROBES["target-leak"](trained(make, rows, loss_of, 120))
    assert reading.found is found, reading
    assert not found or "comes next" in reading.sentence, reading


@pytest.mark.parametrize(
    ("make", "rows", "loss_of", "steps"),
    [
        (Retold, tunes, inputs_are_shifted, 500),
        (lambda: neighbours("circular"), waves, around_the_ring, 120),
        (window_as_a_whole, waves, along_the_last_axis, 120),
    ],
)
def test_what_has_a_code_of_the_whole_row_a_ring_or_no_places_accuses_nothing(
    make: Callable[[], nn.Module], rows: Callable[[], Tensor], loss_of: Loss, steps: int
) -> None:
    reading = PROBES["target-leak"](trained(make, rows, loss_of, steps))
    assert not reading.found, reading
