"""Bug: dropout of 0.85 after the words, after the pooling and before the classifier, "against overfitting".

Source: https://github.com/vlfeat/matconvnet/issues/648 ("led to a non-decreasing loss function, while if that layer was
not added the CNN would have a good behavior"); https://github.com/keras-team/keras/issues/6423 (rebuilt).
Why it hurts: of a pair of words both are left in one case of fifty; there is next to nothing to learn from.
"""

import torch
import torch.nn.functional as F
from torch import nn

from programs.data_m import poems

FAMILY = "poems-cnn"
ACCEPT = ("dropout-too-high",)
SYMPTOMS = ("high-flat", "plateau", "slow")


class PoetCNN(nn.Module):
    def __init__(self, vocab=90, dim=32, filters=48, poets=5, p_drop=0.85):
        super().__init__()
        self.emb = nn.Embedding(vocab, dim)
        self.convs = nn.ModuleList([nn.Conv1d(dim, filters, k) for k in (2, 3)])
        self.fc = nn.Linear(2 * filters, filters)
        self.out = nn.Linear(filters, poets)
        self.p_drop = p_drop

    def forward(self, x):
        e = self.emb(x)
        keep = F.dropout(torch.ones_like(e[..., :1]), self.p_drop, self.training)  # whole words
        e = (e * keep).transpose(1, 2)
        pooled = torch.cat([F.relu(conv(e)).max(dim=2).values for conv in self.convs], dim=1)
        pooled = F.dropout(pooled, self.p_drop, self.training)
        h = F.dropout(F.relu(self.fc(pooled)), self.p_drop, self.training)
        return self.out(h)


def build(seed, fixed=False):
    torch.manual_seed(seed)
    net = PoetCNN(p_drop=0.1 if fixed else 0.85)
    verses, poet = poems(2000, seed)
    return dict(model=net, optimizer=torch.optim.Adam(net.parameters(), lr=3e-3), loss_fn=F.cross_entropy,
                train=(verses, poet), val=None, test=poems(400, seed + 500), fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    net, opt = setup["model"], setup["optimizer"]
    verses, poet = setup["train"]
    net.train()
    it = 0
    for _ in range(7):
        for rows in torch.randperm(len(verses)).split(50):
            loss = F.cross_entropy(net(verses[rows]), poet[rows])
            opt.zero_grad()
            loss.backward()
            opt.step()
            log(loss.item())
            it += 1
            if it == steps:
                return


@torch.no_grad()
def error(setup):
    verses, poet = setup["test"]
    return F.cross_entropy(setup["model"].eval()(verses), poet).item()
