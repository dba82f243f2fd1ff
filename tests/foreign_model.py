"""Programs of other kinds, with a cause in the model's structure."""

from __future__ import annotations

from collections.abc import Callable

import torch
from foreign import trained
from torch import Tensor, nn
from torch.nn import functional as F

from lossbook.evidence import Batch, Case

N, STEPS, WIDTH, PLACES, SIDE = 32, 60, 12, 6, 8
BATCHES = 20


def hidden_layers(seed: int) -> Case:
    """A regression on a table by a net whose first layers stand in a dict."""

    class Regression(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body = {"first": nn.Linear(WIDTH, 16), "second": nn.Linear(16, 3)}
            self.head = nn.Linear(3, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.head(self.body["second"](torch.tanh(self.body["first"](x))))

    torch.manual_seed(seed)
    way = torch.randn(WIDTH, 1) / 2
    rows = [torch.randn(N, WIDTH) for _ in range(BATCHES)]
    model = Regression()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    return trained(model, optimizer, nn.MSELoss(), [Batch.of(x, x @ way) for x in rows], STEPS, seed=seed)


def features_without_graph(seed: int) -> Case:
    """A classifier of token sequences whose recurrent part runs under no_grad."""

    class Classifier(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embedding, self.lstm = nn.Embedding(5, 8), nn.LSTM(8, 16, batch_first=True)
            self.head = nn.Linear(16, 5)

        def forward(self, tokens: Tensor) -> Tensor:
            with torch.no_grad():
                states, _ = self.lstm(self.embedding(tokens))
            return self.head(states[:, -1])

    torch.manual_seed(seed)
    tokens = [torch.randint(0, 5, (N, PLACES)) for _ in range(BATCHES)]
    model = Classifier()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.02)
    batches = [Batch.of(each, each[:, 2]) for each in tokens]
    return trained(model, optimizer, nn.CrossEntropyLoss(), batches, STEPS, seed=seed)


def depth_behind_sigmoid(seed: int) -> Case:
    """A convolutional net that gives a number for each pixel, with a sigmoid as the last line of forward."""

    class Depth(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 1, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            return torch.sigmoid(self.last(F.relu(self.first(x))))

    torch.manual_seed(seed)
    images = [torch.randn(N, 1, SIDE, SIDE) for _ in range(BATCHES)]
    model = Depth()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    batches = [Batch.of(x, 2 * F.avg_pool2d(x, 3, 1, 1) * 3 + 2) for x in images]
    return trained(model, optimizer, nn.MSELoss(), batches, STEPS, seed=seed)


def sequences_dealt_wrong(seed: int) -> Case:
    """A tagger of sequences that wants the places first, and gets them by a view."""

    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell, self.head = nn.Linear(4 + 16, 16), nn.Linear(16, 3)

        def forward(self, x: Tensor) -> Tensor:
            states = [x.new_zeros(len(x), 16)]
            for each in x.view(x.shape[1], len(x), 4):
                states.append(torch.tanh(self.cell(torch.cat([each, states[-1]], dim=1))))
            return self.head(torch.stack(states[1:]).view(len(x), x.shape[1], 16)).transpose(1, 2)

    torch.manual_seed(seed)
    rows = [torch.randn(16, PLACES, 4) for _ in range(BATCHES)]
    model = Tagger()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    batches = [Batch.of(x, x[:, :, :3].cumsum(1).argmax(-1)) for x in rows]
    return trained(model, optimizer, nn.CrossEntropyLoss(), batches, STEPS, batches[0].first(8), seed)


def table_without_activation(seed: int) -> Case:
    """A regression on a table, of the distance from the middle, by two layers with nothing between them."""
    torch.manual_seed(seed)
    rows = [torch.randn(N, 3) for _ in range(BATCHES)]
    model = nn.Sequential(nn.Linear(3, 32), nn.Dropout(0.0), nn.Linear(32, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    batches = [Batch.of(x, x.abs().sum(1, keepdim=True)) for x in rows]
    return trained(model, optimizer, nn.MSELoss(), batches, STEPS, seed=seed)


def line_for_waves(seed: int) -> Case:
    """How far a signal of four numbers goes up or down at its middle, by a linear filter."""
    torch.manual_seed(seed)
    signals = [torch.randn(2 * N, 1, 4) for _ in range(BATCHES)]
    model = nn.Sequential(nn.Conv1d(1, 1, 4), nn.Flatten())
    optimizer = torch.optim.RMSprop(model.parameters(), lr=0.02)
    batches = [Batch.of(x, 2 * (x[:, :, 1] - x[:, :, 2]).abs() - 2) for x in signals]
    return trained(model, optimizer, nn.MSELoss(), batches, 2 * STEPS, seed=seed)


#: key of the cause -> seed -> a program with it
FOREIGN: dict[str, Callable[[int], Case]] = {
    "unregistered-layers": hidden_layers,
    "graph-detached": features_without_graph,
    "output-activation-mismatch": depth_behind_sigmoid,
    "batch-mixing": sequences_dealt_wrong,
    "missing-nonlinearity": table_without_activation,
    "capacity-too-small": line_for_waves,
}
