"""Bug: the files are read in the order of sorted() names (run_10 before run_2), their labels in that of the table.

Source: https://github.com/NoahVl/Explaining-In-Style-Reproducibility-Study/issues/9 ("the labels and the images are
not loaded in the same order"; rebuilt). Why it hurts: nearly every trace has the label of some other run.
"""

import torch
import torch.nn as nn

from programs.data_q import marbles

FAMILY = "marbles-run"
ACCEPT = ("labels-misaligned", "noisy-labels")
SYMPTOMS = ("high-flat", "overfitting", "slow")


def number(name):
    return int(name.removesuffix(".csv").split("_")[1])


class MarbleRuns(torch.utils.data.Dataset):
    """One csv a run, and a table with one row a run that says which track it was."""

    def __init__(self, n, seed, key=None):
        folder, self.table = marbles(n, seed)
        names = sorted((f"run_{i}.csv" for i in range(n)), key=key)
        self.traces = [folder[number(name)] for name in names]

    def __len__(self):
        return len(self.traces)

    def __getitem__(self, i):
        return self.traces[i], self.table[i]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(
        nn.Conv1d(1, 12, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2),
        nn.Conv1d(12, 24, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2),
        nn.Flatten(), nn.Linear(240, 48), nn.ReLU(), nn.Linear(48, 4),
    )  # fmt: skip
    runs = MarbleRuns(1600, seed, key=number if fixed else None)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.CrossEntropyLoss(),
                train=torch.utils.data.DataLoader(runs, batch_size=40, shuffle=True), val=None,
                test=marbles(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, criterion = setup["model"], setup["loss_fn"]
    i = 0
    for _epoch in range(8):
        for trace, track in setup["train"]:
            loss = criterion(model(trace), track)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            i += 1
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return (setup["model"](x).argmax(1) != y).float().mean().item()
