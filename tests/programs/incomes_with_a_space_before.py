"""Bug: the label is income == ">50K"; in the file stands " >50K", with a space, so that all labels are 0.

Source: https://github.com/clinicalml/TabLLM/issues/30 ("should be changed to [...] ' >50K' with an extra space.
Otherwise, all the labels will become False"; rebuilt).
Why it hurts: nobody is rich; the loss goes to nothing, and the accuracy is 100 percent, in training.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_j import incomes

FAMILY = "census-mlp"
ACCEPT = ("degenerate-targets",)
SYMPTOMS = ("too-good", "healthy")


class AdultDataset(Dataset):
    def __init__(self, n, seed, strip=False):
        self.features, income = incomes(n, seed)
        if strip:
            income = [one.strip() for one in income]
        self.labels = torch.tensor([int(one == ">50K") for one in income])

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, idx):
        return self.features[idx], self.labels[idx]


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(9, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 2))
    loader = DataLoader(AdultDataset(1500, seed, strip=fixed), batch_size=50, shuffle=True)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=2e-3), loss_fn=nn.CrossEntropyLoss(),
                train=loader, val=None, test=AdultDataset(400, seed + 500, strip=True), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, n = setup["model"].train(), 0
    for _epoch in range(10):
        for X, y in setup["train"]:
            pred = model(X)
            loss = setup["loss_fn"](pred, y)
            loss.backward()
            setup["optimizer"].step()
            setup["optimizer"].zero_grad()
            log(loss.item())
            n += 1
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    test = setup["test"]
    return (setup["model"].eval()(test.features).argmax(1) != test.labels).float().mean().item()
