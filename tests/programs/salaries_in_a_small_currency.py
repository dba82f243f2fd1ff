"""Bug: the target is the salary itself, about 110 000 a year, under a mean squared error.

Source: https://discuss.pytorch.org/t/neural-network-could-not-learn-on-this-type-of-data-why/96648/5 ("You could
normalize the input [...] and also normalize the target to train the model"; rebuilt).
Why it hurts: Adam moves each weight by a thousandth a step; from 0 to 110 000 it is a very long way.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_m import salaries

FAMILY = "salaries-embedding"
ACCEPT = ("unscaled-targets",)
SYMPTOMS = ("high-flat", "slow", "plateau")


class SalaryDataset(Dataset):
    def __init__(self, n, seed):
        self.job, self.numbers, self.salary = salaries(n, seed)

    def __len__(self):
        return len(self.salary)

    def __getitem__(self, i):
        return {"job": self.job[i], "numbers": self.numbers[i], "salary": self.salary[i]}


class SalaryModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.job = nn.Embedding(20, 6)
        self.body = nn.Sequential(nn.Linear(10, 48), nn.SiLU(), nn.Linear(48, 48), nn.SiLU(), nn.Linear(48, 1))

    def forward(self, batch):
        return self.body(torch.cat([self.job(batch["job"]), batch["numbers"]], dim=1)).squeeze(1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    data, model = SalaryDataset(1440, seed), SalaryModel()
    shift, scale = (data.salary.mean(), data.salary.std()) if fixed else (0.0, 1.0)
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=1e-3), loss_fn=nn.MSELoss(),
                train=DataLoader(data, batch_size=36, shuffle=True), val=None, test=SalaryDataset(400, seed + 500),
                shift=shift, scale=scale, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    seen = 0
    for _epoch in range(8):
        for batch in setup["train"]:
            target = (batch["salary"] - setup["shift"]) / setup["scale"]
            loss = setup["loss_fn"](setup["model"](batch), target)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            seen += 1
            if seen == steps:
                return


@torch.no_grad()
def error(setup):
    test = setup["test"]
    said = setup["model"]({"job": test.job, "numbers": test.numbers}) * setup["scale"] + setup["shift"]
    return ((said - test.salary).abs() / test.salary).mean().item()
