"""Programs of other kinds, with a cause in the loss."""

from __future__ import annotations

from collections.abc import Callable

import torch
from foreign import trained
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case

N, STEPS, WIDTH, PLACES, SIDE, K = 32, 60, 12, 6, 8, 10
BATCHES = 20


class Memory(nn.Module):
    """Token sequences in, ``out`` numbers from the last state of an LSTM."""

    def __init__(self, out: int, *last: nn.Module) -> None:
        super().__init__()
        self.embedding, self.lstm = nn.Embedding(K, 8), nn.LSTM(8, 16, batch_first=True)
        self.head = nn.Sequential(nn.Linear(16, out), *last)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.head(self.lstm(self.embedding(tokens))[0][:, -1])


def pixels(*last: nn.Module) -> nn.Sequential:
    """Eight classes for each pixel."""
    return nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.Conv2d(16, 8, 3, padding=1), *last)


def images(count: int = BATCHES) -> list[Batch]:
    """Images, and the class of each pixel: how bright it is, in eight steps."""
    made = [torch.randn(N, 1, SIDE, SIDE) for _ in range(count)]
    return [Batch.of(x, (2 * x[:, 0] + 4).long().clamp(0, 7)) for x in made]


def tokens() -> list[Batch]:
    """Token sequences, and the last token but one."""
    made = [torch.randint(0, K, (N, PLACES)) for _ in range(BATCHES)]
    return [Batch.of(each, each[:, -2]) for each in made]


def autoencoder() -> nn.Sequential:
    return nn.Sequential(nn.Linear(WIDTH, 3), nn.Tanh(), nn.Linear(3, WIDTH))


def table() -> list[Batch]:
    """Rows of three kinds of numbers, to be reconstructed."""
    way = torch.randn(3, WIDTH) / 2
    rows = [torch.randn(N, 3) @ way for _ in range(BATCHES)]
    return [Batch.of(x, x) for x in rows]


def minus_forgotten(seed: int) -> Case:
    """An autoencoder of a table that makes its error large."""
    torch.manual_seed(seed)
    batches, model = table(), autoencoder()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return trained(model, optimizer, lambda output, y: -F.mse_loss(output, y), batches, STEPS, seed=seed)


def softmax_twice(seed: int) -> Case:
    """A segmentation whose net ends in a softmax over the channels."""
    torch.manual_seed(seed)
    batches, model = images(), pixels(nn.Softmax(dim=1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    return trained(model, optimizer, nn.CrossEntropyLoss(), batches, STEPS, seed=seed)


def softmax_into_nll(seed: int) -> Case:
    """A classifier of token sequences that gives NLL probabilities."""
    torch.manual_seed(seed)
    batches, model = tokens(), Memory(K, nn.Softmax(dim=-1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
    return trained(model, optimizer, nn.NLLLoss(), batches, STEPS, seed=seed)


def log_by_hand(seed: int) -> Case:
    """Yes or no from a table of large numbers, with the logarithms written out."""

    def loss(p: Tensor, y: Tensor) -> Tensor:
        return -(y * torch.log(p) + (1 - y) * torch.log(1 - p)).mean()

    torch.manual_seed(seed)
    rows = [20 * torch.randn(N, WIDTH) for _ in range(BATCHES)]
    model = nn.Sequential(nn.Linear(WIDTH, 16), nn.ReLU(), nn.Linear(16, 1), nn.Sigmoid())
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    batches = [Batch.of(x, (x[:, :1] + x[:, 1:2] > 0).float()) for x in rows]
    return trained(model, optimizer, loss, batches, STEPS, seed=seed)


def absolute_error_of_labels(seed: int) -> Case:
    """Several labels for each signal, and the absolute error of their sigmoids."""
    torch.manual_seed(seed)
    signals = [torch.randn(N, 1, 16) for _ in range(BATCHES)]
    model = nn.Sequential(nn.Conv1d(1, 8, 4, stride=4), nn.Tanh(), nn.Flatten(), nn.Linear(32, 4))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3, momentum=0.9)
    batches = [Batch.of(x, (x.view(N, 4, 4).mean(2) > 0.6).float()) for x in signals]
    return trained(model, optimizer, lambda output, y: F.l1_loss(torch.sigmoid(output), y), batches, STEPS, seed=seed)


def summed_squares(seed: int) -> Case:
    """An autoencoder of a table whose squares are added up."""
    torch.manual_seed(seed)
    batches, model = table(), autoencoder()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.3)
    return trained(model, optimizer, nn.MSELoss(reduction="sum"), batches, STEPS, seed=seed)


def each_with_each(seed: int) -> Case:
    """A number for each token sequence, (N, 1), against targets (N,)."""
    torch.manual_seed(seed)
    batches = [Batch.of(batch.inputs[0], (batch.inputs[0] == 0).sum(1).float()) for batch in tokens()]
    model = Memory(1)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    return trained(model, optimizer, lambda output, y: ((output - y) ** 2).mean(), batches, STEPS, seed=seed)


#: key of the cause -> seed -> a program with it
FOREIGN: dict[str, Callable[[int], Case]] = {
    "loss-sign-flipped": minus_forgotten,
    "softmax-before-cross-entropy": softmax_twice,
    "probabilities-into-nll": softmax_into_nll,
    "log-of-zero": log_by_hand,
    "wrong-loss": absolute_error_of_labels,
    "sum-reduction": summed_squares,
    "broadcast-loss": each_with_each,
}
