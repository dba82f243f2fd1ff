"""Bug: the pretrained body is loaded, and then an init function is applied to the whole model, for the new head.

Source: https://github.com/zshn25/DINOv2_mmseg/pull/1 (init_weights "overrides the pretrained weights");
https://github.com/huggingface/picotron/issues/32 ("It will overwrite weights from checkpoint"; rebuilt).
Why it hurts: the fine-tuning has 120 leaves and a small rate; that is not enough for fresh weights.
"""

import functools

import torch
from torch import nn

from programs.data_m import herbarium

FAMILY = "herbarium-finetune"
ACCEPT = ("weights-not-loaded",)
SYMPTOMS = ("slow", "high-flat", "plateau", "overfitting")


def body():
    return nn.Sequential(nn.Linear(30, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU())


@functools.cache
def checkpoint(steps=500):  # the body after a pretraining on many leaves of eight families
    with torch.random.fork_rng():
        torch.manual_seed(7)
        net, (x, y) = nn.Sequential(body(), nn.Linear(64, 8)), herbarium(4000, 90, families=8)
        optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
        for step in range(steps):
            rows = torch.arange(64) + 64 * (step % 62)
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[rows]), y[rows]).backward()
            optimizer.step()
    return net[0].state_dict()


def init_weights(module):
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)


class LeafClassifier(nn.Module):
    def __init__(self, state, init_all):
        super().__init__()
        self.body, self.head = body(), nn.Linear(64, 3)
        self.body.load_state_dict(state)
        (self if init_all else self.head).apply(init_weights)

    def forward(self, x):
        return self.head(self.body(x))


def build(seed, fixed=False):
    state = checkpoint()
    torch.manual_seed(seed)
    net = LeafClassifier(state, init_all=not fixed)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=2e-4), loss_fn=nn.CrossEntropyLoss(),
                train=herbarium(120, seed, families=3), val=None, test=herbarium(400, seed + 500, families=3),
                pretrained=state, fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    x, y = setup["train"]
    for n in range(300):
        rows = torch.randint(len(x), (24,))
        setup["optimizer"].zero_grad()
        loss = setup["loss_fn"](setup["model"](x[rows]), y[rows])
        loss.backward()
        setup["optimizer"].step()
        log(loss.item())
        if n + 1 == steps:
            return


@torch.no_grad()
def error(setup):
    x, y = setup["test"]
    return setup["loss_fn"](setup["model"](x), y).item()
