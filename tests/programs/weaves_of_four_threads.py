"""Bug: the model ends in a softmax, and nn.CrossEntropyLoss takes another one of its output.

Source: https://github.com/bowang-lab/Transformer-GCN-QA/pull/32 ("we had a second, erroneous softmax at the output
[...] smoothing the final output logits"); the same: https://github.com/lansinuote/Huggingface_Toturials/issues/6
(rebuilt).
Why it hurts: with five classes the loss cannot fall below 0.9, and where the model is sure the gradient fades.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_n import weaves

FAMILY = "weaves-transformer"
ACCEPT = ("softmax-before-cross-entropy",)
SYMPTOMS = ("plateau", "high-flat", "slow")


class WeaveTransformer(nn.Module):
    def __init__(self, d_model=32, probabilities=True):
        super().__init__()
        self.yarn = nn.Embedding(6, d_model)
        self.place = nn.Parameter(0.1 * torch.randn(16, d_model))
        layer = nn.TransformerEncoderLayer(
            d_model, nhead=4, dim_feedforward=64, dropout=0.0, batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
        self.classifier = nn.Linear(d_model, 5)
        self.activation = nn.Softmax(dim=-1) if probabilities else nn.Identity()

    def forward(self, row):
        x = self.encoder(self.yarn(row) + self.place).mean(dim=1)
        return self.activation(self.classifier(x))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = WeaveTransformer(probabilities=not fixed)
    return {
        "model": model,
        "optimizer": torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01),
        "loss_fn": nn.CrossEntropyLoss(),
        "train": DataLoader(TensorDataset(*weaves(1600, seed)), batch_size=32, shuffle=True),
        "val": DataLoader(TensorDataset(*weaves(400, seed + 500)), batch_size=200),
        "fixed": fixed,
    }


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    step = 0
    for _epoch in range(6):
        for row, weave in setup["train"]:
            optimizer.zero_grad()
            loss = criterion(model(row), weave)
            loss.backward()
            optimizer.step()
            step += 1
            log(loss.item())
            if step == steps:
                return


@torch.no_grad()
def error(setup):
    found = [setup["loss_fn"](setup["model"](row), weave).item() for row, weave in setup["val"]]
    return sum(found) / len(found)
