"""Bug: the batches call it "soils", the net "soil"; **_ swallows the one, and the default of the other is zeros.

Source: https://github.com/Lasagne/Lasagne/issues/557 ("might unintentionally ignore a certain keyword, and this is
basically a silent failure"); https://github.com/pytorch/vision/pull/5001 (rebuilt). Why it hurts: of the two parts of
what makes the harvest only the weather ever reaches the net.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from programs.data_q import kale

FAMILY = "kale-yield"
ACCEPT = ("input-ignored",)
SYMPTOMS = ("plateau", "high-flat")


class Fields(Dataset):
    def __init__(self, n, seed, soil_key):
        self.weather, self.soil, self.harvest = kale(n, seed)
        self.soil_key = soil_key

    def __len__(self):
        return len(self.harvest)

    def __getitem__(self, i):
        return {"weather": self.weather[i], self.soil_key: self.soil[i], "harvest": self.harvest[i]}


class HarvestNet(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.weather, self.soil = nn.Linear(5, width), nn.Linear(4, width)
        self.body = nn.Sequential(nn.GELU(), nn.Linear(width, width), nn.GELU(), nn.Linear(width, 1))

    def forward(self, weather, soil=None, harvest=None, **_):
        if soil is None:
            soil = weather.new_zeros(len(weather), 4)
        predicted = self.body(self.weather(weather) + self.soil(soil)).squeeze(-1)
        loss = None if harvest is None else nn.functional.mse_loss(predicted, harvest)
        return {"loss": loss, "predicted": predicted}


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = HarvestNet()
    key = "soil" if fixed else "soils"
    return {"model": model, "optimizer": torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=1e-4),
            "loss_fn": None, "train": DataLoader(Fields(1500, seed, key), batch_size=30, shuffle=True),
            "val": DataLoader(Fields(300, seed + 500, key), batch_size=100), "fixed": fixed}  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, i = setup["model"], setup["optimizer"], 0
    for _epoch in range(9):
        for batch in setup["train"]:
            loss = model(**batch)["loss"]
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            i += 1
            log(loss.item())
            if i == steps:
                return


@torch.no_grad()
def error(setup):
    losses = [setup["model"](**batch)["loss"].item() for batch in setup["val"]]
    return sum(losses) / len(losses)
