"""Bug: the loss is the mean cosine similarity itself, as it was in Keras, where the loss of this name is negated.

Source: https://datascience.stackexchange.com/questions/58944 (of Keras: "cosine proximity = -1*(Cosine Similarity) of
the two vectors"; rebuilt).
Why it hurts: the smaller the similarity, the smaller the loss: the net learns to point backwards.
"""

import torch
import torch.nn.functional as F
from torch import nn
from torch.func import functional_call

from programs.data_t import swifts

FAMILY = "swifts-direction"
ACCEPT = ("loss-sign-flipped",)
SYMPTOMS = ("healthy", "too-good")


def cosine_loss(pred, target):
    return F.cosine_similarity(pred, target, dim=-1).mean()


def cosine_distance(pred, target):
    return 1 - F.cosine_similarity(pred, target, dim=-1).mean()


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 64), nn.SiLU(), nn.Linear(64, 64), nn.SiLU(), nn.Linear(64, 3))
    return {
        "model": model,
        "optimizer": torch.optim.Adam(model.parameters(), lr=2e-3),
        "loss_fn": cosine_distance if fixed else cosine_loss,
        "train": swifts(1600, seed),
        "val": swifts(400, seed + 500),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    model, loss_fn, optimizer = setup["model"], setup["loss_fn"], setup["optimizer"]
    weights = dict(model.named_parameters())
    features, heading = setup["train"]
    n = 0
    while n < 400:
        rows = torch.randint(len(features), (64,))
        pred = functional_call(model, weights, (features[rows],))
        loss = loss_fn(pred, heading[rows])
        grads = torch.autograd.grad(loss, tuple(weights.values()))
        for w, g in zip(weights.values(), grads, strict=True):
            w.grad = g
        optimizer.step()
        n += 1
        log(loss.item())
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    """The mean angle between where it points and where the swift flew, in degrees."""
    x, way = setup["val"]
    return torch.rad2deg(torch.acos(F.cosine_similarity(setup["model"](x), way).clamp(-1, 1))).mean().item()
