"""Bug: the transformer ends with a softmax, "so that it gives probabilities", and the cross-entropy makes another.

Source: https://github.com/bowang-lab/Transformer-GCN-QA/pull/32 ("we had a second, erroneous softmax at the output of
our model"; rebuilt).
Why it hurts: scores between 0 and 1 allow no loss under 1.04 with six classes, and hardly a gradient.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_r import declarations

FAMILY = "customs-transformer"
ACCEPT = ("softmax-before-cross-entropy",)
SYMPTOMS = ("plateau", "slow", "high-flat")


class CustomsClassifier(nn.Module):
    def __init__(self, n_goods=60, d_model=24, n_class=6, activation=None):
        super().__init__()
        self.embed = nn.Embedding(n_goods, d_model)
        layer = nn.TransformerEncoderLayer(d_model, nhead=4, dim_feedforward=48, dropout=0.1, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, num_layers=1, enable_nested_tensor=False)
        self.classifier = nn.Linear(d_model, n_class)
        self.activation = activation or nn.Identity()

    def forward(self, goods):
        h = self.encoder(self.embed(goods)).mean(dim=1)
        return self.activation(self.classifier(h))


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = CustomsClassifier(activation=None if fixed else nn.Softmax(dim=-1))
    return dict(
        model=model,
        optimizer=torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.01),
        loss_fn=nn.CrossEntropyLoss(),
        train=DataLoader(TensorDataset(*declarations(1600, seed)), batch_size=40, shuffle=True),
        val=DataLoader(TensorDataset(*declarations(400, seed + 500)), batch_size=200),
        fixed=fixed,
    )


def train(setup, log, steps=None):
    model, n = setup["model"], 0
    for _epoch in range(5):
        model.train()
        for goods, tariff in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](model(goods), tariff)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            setup["optimizer"].step()
            n += 1
            log(loss.item())
            if n == steps:
                return


@torch.no_grad()
def error(setup):
    setup["model"].eval()
    return sum(setup["loss_fn"](setup["model"](x), y).item() for x, y in setup["val"]) / len(setup["val"])
