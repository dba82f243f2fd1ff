"""Bug: a hand-written collate joins the maps of a batch, but the roads still count the places from 0 in each map.

Source: https://github.com/google-deepmind/graph_nets/issues/135 ("GraphTuple from batched tensors does not offset
Senders/Receivers [...] you are in charge of adding the offsets yourself"; rebuilt).
Why it hurts: the roads of all maps lie between the places of the first; the other maps have no roads at all.
"""

import torch
from torch import nn
from torch.utils.data import DataLoader

from programs.data_m import roadmaps

FAMILY = "roadmaps-collate"
ACCEPT = ("batch-mixing",)
SYMPTOMS = ("high-flat", "plateau", "slow")


def collate(maps):
    x = torch.cat([m[0] for m in maps])
    roads = torch.cat([m[1] for m in maps], dim=1)
    owner = torch.repeat_interleave(torch.arange(len(maps)), torch.tensor([len(m[0]) for m in maps]))
    return x, roads, owner, torch.stack([m[2] for m in maps])


def collate_with_offsets(maps):
    x, _, owner, value = collate(maps)
    first = torch.tensor([0] + [len(m[0]) for m in maps[:-1]]).cumsum(0).tolist()
    roads = torch.cat([m[1] + start for m, start in zip(maps, first, strict=True)], dim=1)
    return x, roads, owner, value


class MessagePassing(nn.Module):
    def __init__(self, width=32):
        super().__init__()
        self.message = nn.Sequential(nn.Linear(8, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.update = nn.Sequential(nn.Linear(width + 4, width), nn.ReLU())
        self.readout = nn.Linear(width, 1)

    def forward(self, x, roads, owner, maps):
        source, goal = roads
        sent = self.message(torch.cat([x[source], x[goal]], 1))
        heard = torch.zeros(len(x), sent.shape[1]).index_add(0, goal, sent)
        places = self.update(torch.cat([x, heard], 1))
        return torch.zeros(maps).index_add(0, owner, self.readout(places)[:, 0])


def build(seed, fixed=False):
    torch.manual_seed(seed)
    model = MessagePassing()
    join = collate_with_offsets if fixed else collate
    return dict(model=model, optimizer=torch.optim.Adam(model.parameters(), lr=4e-3), loss_fn=nn.MSELoss(),
                train=DataLoader(roadmaps(960, seed), batch_size=32, shuffle=True, collate_fn=join), val=None,
                fixed=fixed)  # fmt: skip


def train(setup, log, steps=None):
    n = 0
    for _epoch in range(9):
        for x, roads, owner, value in setup["train"]:
            loss = setup["loss_fn"](setup["model"](x, roads, owner, len(value)), value)
            setup["optimizer"].zero_grad()
            loss.backward()
            setup["optimizer"].step()
            log(loss.item())
            n += 1
            if n == steps:
                return
