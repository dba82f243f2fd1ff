"""Bug: an encoder is made without batch_first=True and fed with (batch, words, features).

Source: https://github.com/DaoyuanLi2816/Molecule-Generator/pull/22 ("self-attention mixed information across different
molecules in the batch"); https://github.com/Exorust/TorchLeet/issues/5 (rebuilt).
Why it hurts: the question, from whose place the answer is read, sees the other rows' questions, and not its own review.
"""

import torch
from torch import nn

from programs.data_h import opinions

FAMILY = "pairs-transformer"
ACCEPT = ("batch-mixing", "input-ignored")
SYMPTOMS = ("high-flat", "plateau", "slow")


class AspectTransformer(nn.Module):
    def __init__(self, d_model=48, nhead=4, **layer_options):
        super().__init__()
        self.emb = nn.Embedding(40, d_model)
        layer = nn.TransformerEncoderLayer(d_model, nhead, 96, dropout=0.0, norm_first=True, **layer_options)
        self.encoder = nn.TransformerEncoder(layer, num_layers=2, enable_nested_tensor=False)
        self.cls = nn.Sequential(nn.LayerNorm(d_model), nn.Linear(d_model, 2))

    def forward(self, tokens):
        return self.cls(self.encoder(self.emb(tokens))[:, 0])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = AspectTransformer(batch_first=True) if fixed else AspectTransformer()
    params = {"lr": 2e-3, "weight_decay": 0.01}
    return dict(model=model, optimizer=torch.optim.AdamW(model.parameters(), **params), loss_fn=nn.CrossEntropyLoss(),
                train=opinions(6400, seed), val=None, test=opinions(800, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    model, optimizer, criterion = setup["model"], setup["optimizer"], setup["loss_fn"]
    tokens, friendly = setup["train"]
    model.train()
    global_step = 0
    while global_step < (400 if steps is None else steps):
        idx = torch.randint(len(tokens), (64,))
        loss = criterion(model(tokens[idx]), friendly[idx])
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        log(loss.item())
        global_step += 1


@torch.no_grad()
def error(setup):
    tokens, friendly = setup["test"]
    return (setup["model"].eval()(tokens).argmax(1) != friendly).float().mean().item()
