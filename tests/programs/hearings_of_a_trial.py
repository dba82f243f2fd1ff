"""Bug: dropout of 0.9, by the word of a colleague "to be safe from overfitting", before and behind the GRU.

Source: https://github.com/deepinsight/insightface/issues/2434 ("changed dropout=0.0 to dropout=0.90 [...] I would
think a drop out of 0.90 would have a significant impact on the training"; rebuilt). Why it hurts: one number in ten
reaches the cell, ten times too large; how often what was heard cannot be read from it.
"""

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_q import hearings

FAMILY = "trial-length"
ACCEPT = ("dropout-too-high",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class TrialNet(nn.Module):
    """Two heads: how long the trial is, and whether it is lost."""

    def __init__(self, p_drop: float, hidden: int = 40) -> None:
        super().__init__()
        self.drop_in = nn.Dropout(p_drop)
        self.gru = nn.GRU(6, hidden, batch_first=True)
        self.drop_out = nn.Dropout(p_drop)
        self.length, self.lost = nn.Linear(hidden, 1), nn.Linear(hidden, 1)

    def forward(self, events: Tensor) -> tuple[Tensor, Tensor]:
        _, last = self.gru(self.drop_in(events))
        h = self.drop_out(last[0])
        return self.length(h).squeeze(1), self.lost(h).squeeze(1)


def build(seed: int, fixed: bool = False) -> dict:
    torch.manual_seed(seed)
    model = TrialNet(p_drop=0.02 if fixed else 0.9)
    return dict(
        model=model,
        optimizer=torch.optim.Adam(model.parameters(), lr=1e-2),
        loss_fn=None,
        losses=(nn.MSELoss(), nn.BCEWithLogitsLoss()),
        train=DataLoader(TensorDataset(*hearings(1600, seed)), batch_size=40, shuffle=True),
        val=DataLoader(TensorDataset(*hearings(400, seed + 500)), batch_size=200),
        fixed=fixed,
    )


def both(setup: dict, events: Tensor, length: Tensor, lost: Tensor) -> Tensor:
    mse, bce = setup["losses"]
    said_length, said_lost = setup["model"](events)
    return mse(said_length, length) + bce(said_lost, lost)


def train(setup: dict, log, steps: int | None = None) -> None:
    model, optimizer = setup["model"], setup["optimizer"]
    step = 0
    for _epoch in range(10):
        model.train()
        for batch in setup["train"]:
            optimizer.zero_grad()
            loss = both(setup, *batch)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 5.0)
            optimizer.step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup: dict) -> float:
    setup["model"].eval()
    losses = [both(setup, *batch).item() for batch in setup["val"]]
    return sum(losses) / len(losses)
