"""Bug: Adam with weight_decay=0.3: its L2 term is larger than the gradient of the data.

Source: https://github.com/BVLC/caffe/issues/1396 ("if the weight_decay is large (like 0.5), all the weight will
eventually becomes zero in my case"); https://github.com/tinghuiz/SfMLearner/issues/34 (rebuilt).
Why it hurts: all weights shrink to nearly nothing; the answers are the same for all digits, the loss ends at 2.30.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_m import small_digits

FAMILY = "digits-patch-mixer"
ACCEPT = ("weight-decay-too-strong",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class MixerLayer(nn.Module):
    def __init__(self, patches, width):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.tokens = nn.Sequential(nn.Linear(patches, 32), nn.GELU(), nn.Linear(32, patches))
        self.channels = nn.Sequential(nn.Linear(width, 64), nn.GELU(), nn.Linear(64, width))

    def forward(self, x):
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norm2(x))


class Mixer(nn.Module):
    def __init__(self, width=24, depth=2):
        super().__init__()
        self.stem = nn.Conv2d(1, width, 2, stride=2)
        self.layers = nn.ModuleList(MixerLayer(49, width) for _ in range(depth))
        self.head = nn.Linear(width, 10)

    def forward(self, pictures):
        x = self.stem(pictures).flatten(2).transpose(1, 2)
        for layer in self.layers:
            x = layer(x)
        return self.head(x.mean(1))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = Mixer()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3, weight_decay=1e-5 if fixed else 0.3)
    loader = DataLoader(TensorDataset(*small_digits(1600, seed)), batch_size=40, shuffle=True)
    return dict(model=model, optimizer=optimizer, loss_fn=nn.CrossEntropyLoss(), train=loader, val=None, fixed=fixed)


def train(setup, log, steps=None):
    model, n = setup["model"].train(), 0
    for _epoch in range(5):
        for pictures, digit in setup["train"]:
            loss = setup["loss_fn"](model(pictures), digit)
            model.zero_grad()
            loss.backward()
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return
