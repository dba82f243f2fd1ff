"""Bug: Adam at 0.1, a rate taken from a script for a CNN under SGD, for a small transformer.

Source: https://github.com/NielsRogge/Transformers-Tutorials/pull/298 ("Original LR too big to converge after testing
over 5 runs, lowered [...] and converges"; rebuilt). Why it hurts: every weight moves by a tenth a step; the attention
saturates, the layers after it too, and the answers end near constant.
"""

import torch
from torch import nn

from programs.data_q import typeset_lines

FAMILY = "galley-proofs"
ACCEPT = ("lr-too-high", "no-warmup")
SYMPTOMS = ("high-flat", "oscillating", "diverging", "plateau", "spiking")

config = {"d_model": 32, "nhead": 4, "layers": 2, "lr": 0.1, "epochs": 4, "batch_size": 40}


class LineClassifier(nn.Module):
    def __init__(self, d_model, nhead, layers):
        super().__init__()
        self.types = nn.Embedding(40, d_model)
        self.places = nn.Parameter(0.02 * torch.randn(20, d_model))
        layer = nn.TransformerEncoderLayer(d_model, nhead, 2 * d_model, dropout=0.0, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers)
        self.out = nn.Linear(d_model, 4)

    def forward(self, line):
        z = self.encoder(self.types(line) + self.places)
        return self.out(z.mean(dim=1))


def build(seed, fixed=False):
    cfg = config | ({"lr": 0.002} if fixed else {})
    torch.manual_seed(seed)
    model = LineClassifier(cfg["d_model"], cfg["nhead"], cfg["layers"])
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(*typeset_lines(2000, seed)), batch_size=cfg["batch_size"], shuffle=True
    )
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=cfg["lr"]),
                loss_fn=nn.CrossEntropyLoss(), train=loader, val=typeset_lines(400, seed + 500), cfg=cfg,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model = setup["model"].train()
    global_step = 0
    for _ in range(setup["cfg"]["epochs"]):
        for line, who in setup["train"]:
            setup["optimizer"].zero_grad()
            loss = setup["loss_fn"](model(line), who)
            loss.backward()
            setup["optimizer"].step()
            global_step += 1
            log(loss.item())
            if global_step == steps:
                return


@torch.no_grad()
def error(setup):
    line, who = setup["val"]
    return setup["loss_fn"](setup["model"].eval()(line), who).item()
