"""Bug: batch_first is not said to the encoder layer, and the batches come as (scenes, lamps, numbers).

Source: https://github.com/IBM/TabFormer/pull/14 ("the current implementation places the batch size in the first
dimension which causes an incorrect computation during multiheaded attention");
https://github.com/Exorust/TorchLeet/issues/5 (rebuilt). Why it hurts: a lamp is compared with the lamps of other
scenes, never with those of its own, and which one differs cannot be seen.
"""

import torch
from torch import nn

from programs.data_q import stage_lamps

FAMILY = "stage-lights"
ACCEPT = ("batch-mixing",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class OddLampFinder(nn.Module):
    def __init__(self, dim: int = 32, heads: int = 4, **layer_options):
        super().__init__()
        self.embed = nn.Linear(4, dim)
        self.layer = nn.TransformerEncoderLayer(dim, heads, 64, dropout=0.0, activation="gelu", **layer_options)
        self.score = nn.Sequential(nn.Linear(dim, 32), nn.GELU(), nn.Linear(32, 1))

    def forward(self, scene):
        z = self.layer(self.embed(scene))
        return self.score(z).squeeze(-1)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    options = {"batch_first": True} if fixed else {}
    model = OddLampFinder(**options)
    scenes = torch.utils.data.TensorDataset(*stage_lamps(3000, seed))
    return {
        "model": model,
        "optimizer": torch.optim.AdamW(model.parameters(), lr=3e-3),
        "loss_fn": nn.CrossEntropyLoss(),
        "train": torch.utils.data.DataLoader(scenes, batch_size=50, shuffle=True),
        "val": stage_lamps(400, seed + 500),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    model, optimizer = setup["model"], setup["optimizer"]
    step = 0
    for _epoch in range(6):
        for scene, odd in setup["train"]:
            optimizer.zero_grad()
            logits = model(scene)
            loss = setup["loss_fn"](logits, odd)
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    scenes, odd = setup["val"]
    found = torch.cat([setup["model"](part).argmax(1) for part in scenes.split(50)])
    return (found != odd).float().mean().item()
