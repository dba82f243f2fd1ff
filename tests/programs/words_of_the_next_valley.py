"""Healthy: a transformer that knows one valley's words learns those of the next by its biases, norms and head alone.

Source: https://github.com/deepset-ai/FARM/issues/695 ("freeze most of the parameters and fine-tuning only the
bias-terms"; the BitFit of Ben-Zaken et al., 2021, rebuilt in small).
Why it is right: matrices and embeddings are frozen on purpose; the valleys say most sounds alike, and few numbers are
enough.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from programs.data_r import tongues

FAMILY = "dialects-bitfit"
ACCEPT = ()
SYMPTOMS = ("healthy", "plateau", "slow")


class StressModel(nn.Module):
    def __init__(self, sounds=30, d=24, kinds=4):
        super().__init__()
        self.embed = nn.Embedding(sounds, d)
        self.layer = nn.TransformerEncoderLayer(d, 2, dim_feedforward=48, dropout=0.0, batch_first=True)
        self.classifier = nn.Linear(d, kinds)

    def forward(self, word):
        return self.classifier(self.layer(self.embed(word)).mean(1))


def pretrained(seed):
    """Stands for a checkpoint: a hundred and fifty steps in the first valley."""
    torch.manual_seed(2000 + seed)
    model = StressModel()
    opt = torch.optim.Adam(model.parameters(), lr=3e-3)
    word, stress = tongues(3000, seed + 900)
    for _ in range(150):
        rows = torch.randint(len(word), (40,))
        loss = nn.functional.cross_entropy(model(word[rows]), stress[rows])
        opt.zero_grad()
        loss.backward()
        opt.step()
    return model


def build(seed, fixed=False):
    model = pretrained(seed)
    torch.manual_seed(seed)
    model.classifier.reset_parameters()
    for name, p in model.named_parameters():
        p.requires_grad = "bias" in name or "norm" in name or name.startswith("classifier")
    tunable = [p for p in model.parameters() if p.requires_grad]
    return dict(model=model, optimizer=torch.optim.AdamW(tunable, lr=5e-3), loss_fn=nn.CrossEntropyLoss(),
                train=DataLoader(TensorDataset(*tongues(1600, seed, valley=1)), batch_size=40, shuffle=True),
                val=tongues(400, seed + 500, valley=1), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    done = 0
    for _epoch in range(5):
        for word, stress in setup["train"]:
            loss = setup["loss_fn"](setup["model"](word), stress)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            done += 1
            log(loss.item(), **({"val_loss": error(setup)} if done % 40 == 0 else {}))
            if done == steps:
                return


@torch.no_grad()
def error(setup):
    word, stress = setup["val"]
    return setup["loss_fn"](setup["model"](word), stress).item()
