"""Bug: four linear layers for three spirals, and nothing between them.

Source: https://github.com/nutonomy/nuscenes-devkit/issues/728 ("a nonlinearity is missing between the linear layers");
https://github.com/snorkel-team/snorkel/pull/1161 ("linear modules but no activations"; rebuilt).
Why it hurts: together they are one linear map, which cannot tell spirals apart.
"""

import torch
import torch.nn as nn

from programs.data_i import spirals

FAMILY = "spirals-student"
ACCEPT = ("missing-nonlinearity", "capacity-too-small")
SYMPTOMS = ("plateau", "high-flat", "slow")


class SpiralClassifier(nn.Module):
    def __init__(self, bends):
        super().__init__()
        self.layer_1 = nn.Linear(in_features=2, out_features=48)
        self.layer_2 = nn.Linear(in_features=48, out_features=48)
        self.layer_3 = nn.Linear(in_features=48, out_features=24)
        self.layer_4 = nn.Linear(in_features=24, out_features=3)
        self.bend = torch.tanh if bends else (lambda x: x)

    def forward(self, x):
        x = self.bend(self.layer_1(x))
        x = self.bend(self.layer_2(x))
        return self.layer_4(self.bend(self.layer_3(x)))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model_0 = SpiralClassifier(bends=fixed)
    return dict(model=model_0, optimizer=torch.optim.Adam(params=model_0.parameters(), lr=0.01),
                loss_fn=nn.CrossEntropyLoss(), train=[spirals(900, seed)], val=spirals(300, seed + 500),
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model_0, optimizer, loss_fn = setup["model"], setup["optimizer"], setup["loss_fn"]
    ((X_train, y_train),) = setup["train"]
    X_test, y_test = setup["val"]
    epochs = 300 if steps is None else steps
    for epoch in range(epochs):
        model_0.train()
        y_logits = model_0(X_train)
        loss = loss_fn(y_logits, y_train)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        extra = {}
        if epoch % 10 == 0:
            model_0.eval()
            with torch.inference_mode():
                extra["val_loss"] = loss_fn(model_0(X_test), y_test).item()
        log(loss.item(), **extra)


@torch.no_grad()
def error(setup):
    x, y = setup["val"]
    return setup["loss_fn"](setup["model"](x), y).item()
