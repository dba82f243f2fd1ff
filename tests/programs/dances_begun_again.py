"""Bug: the function that sets up an epoch also calls apply(reset) on the model, so each epoch begins from nothing.

Source: https://github.com/google-deepmind/learning-to-learn/issues/18 ("Why does it seem like the weights are being
reset each epoch?"; rebuilt for dances seen as joints).
Why it hurts: what an epoch teaches is thrown away by the next one; the curve has the form of a saw.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_k import dances

FAMILY = "dances-poses"
ACCEPT = ("state-reset",)
SYMPTOMS = ("oscillating", "plateau", "spiking", "slow")


def reset(layer):
    if hasattr(layer, "reset_parameters"):
        layer.reset_parameters()


class PoseNet(nn.Module):
    def __init__(self, coordinates=20, hidden=32, kinds=5):
        super().__init__()
        self.over_time = nn.LSTM(coordinates, hidden, batch_first=True)
        self.kind = nn.Linear(hidden, kinds)

    def forward(self, frames):
        _, (state, _) = self.over_time(frames)
        return self.kind(state[-1])


class Runner:
    def __init__(self, seed, fixed):
        torch.manual_seed(seed)
        self.model, self.loss, self.fixed = PoseNet(), nn.CrossEntropyLoss(), fixed
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)
        self.loader = DataLoader(TensorDataset(*dances(1200, seed)), batch_size=30, shuffle=True)

    def begin_epoch(self, epoch):
        if epoch == 0 or not self.fixed:
            self.model.apply(reset)
        self.model.train()

    def batches(self, epochs):
        for epoch in range(epochs):
            self.begin_epoch(epoch)
            yield from self.loader


def build(seed, fixed=False):
    runner = Runner(seed, fixed)
    return dict(model=runner.model, optimizer=runner.optimizer, loss_fn=runner.loss, train=runner.loader, val=None,
                runner=runner, test=dances(300, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    runner = setup["runner"]
    for n, (frames, kind) in enumerate(runner.batches(epochs=8), start=1):
        runner.optimizer.zero_grad()
        loss = runner.loss(runner.model(frames), kind)
        loss.backward()
        runner.optimizer.step()
        log(loss.item())
        if n == steps:
            return


@torch.no_grad()
def error(setup):
    frames, kind = setup["test"]
    return setup["loss_fn"](setup["model"](frames), kind).item()
