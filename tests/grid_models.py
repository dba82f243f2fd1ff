"""The nets of the grid's tasks. Most have an ``nn.Identity``, in whose place a bug can put something."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def mlp(into: int, out: int, width: int = 64) -> nn.Sequential:
    first = [nn.Linear(into, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Identity()]
    return nn.Sequential(*first, nn.Linear(width, out))


class GRU(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table, self.gru = nn.Embedding(20, 24), nn.GRU(24, 32, batch_first=True)
        self.slot, self.last = nn.Identity(), nn.Linear(32, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.slot(self.gru(self.table(x))[0][:, -1]))


class LSTM(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.lstm, self.slot, self.last = nn.LSTM(1, 32, batch_first=True), nn.Identity(), nn.Linear(32, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.slot(self.lstm(x)[0][:, -1]))


def _encoder(width: int) -> nn.TransformerEncoder:
    block = nn.TransformerEncoderLayer(width, 4, 64, dropout=0.0, batch_first=True)
    return nn.TransformerEncoder(block, 2, enable_nested_tensor=False)


class Order(nn.Module):
    """Reads a sentence with a transformer and gives a class."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.place = nn.Embedding(20, 32), nn.Parameter(torch.randn(12, 32) * 0.1)
        self.body, self.slot, self.last = _encoder(32), nn.Identity(), nn.Linear(32, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.slot(self.body(self.table(x) + self.place).mean(1)))


class LM(nn.Module):
    def __init__(self, causal: bool = True) -> None:
        super().__init__()
        self.table, self.place = nn.Embedding(18, 32), nn.Parameter(torch.randn(16, 32) * 0.1)
        self.body, self.slot, self.last = _encoder(32), nn.Identity(), nn.Linear(32, 18)
        self.causal = causal
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(16))

    def forward(self, x: Tensor) -> Tensor:
        how = {"mask": self.mask, "is_causal": True} if self.causal else {}
        return self.last(self.slot(self.body(self.table(x) + self.place, **how)))


class GCN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(8, 32), nn.Linear(32, 32)
        self.slot, self.last = nn.Identity(), nn.Linear(32, 1)

    def forward(self, x: Tensor, edges: Tensor) -> Tensor:
        h = F.relu(edges @ self.two(F.relu(edges @ self.one(x))))
        return self.last(self.slot(h.mean(1)))


class VAE(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(784, 128), nn.ReLU())
        self.mean, self.logvar = nn.Linear(128, 8), nn.Linear(128, 8)
        self.decoder = nn.Sequential(nn.Linear(8, 128), nn.ReLU(), nn.Identity())
        self.last = nn.Linear(128, 784)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        h = self.encoder(x)
        mean, logvar = self.mean(h), self.logvar(h)
        z = mean + torch.randn_like(mean) * (0.5 * logvar).exp()
        return self.last(self.decoder(z)), mean, logvar


class Towers(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left, self.right = mlp(10, 16), mlp(12, 16)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return F.normalize(self.left(a), dim=1) @ F.normalize(self.right(b), dim=1).T / 0.1


class Pairs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(784, 64), nn.ReLU(), nn.Identity())
        self.last = nn.Linear(64, 16)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        apart = self.last(self.body(a)) - self.last(self.body(b))
        return (apart.square().sum(1) + 1e-6).sqrt()


class Ratings(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.users, self.items = nn.Embedding(60, 8), nn.Embedding(60, 8)
        self.slot, self.last = nn.Identity(), nn.Linear(8, 1)
        for table in (self.users, self.items):
            nn.init.normal_(table.weight, std=0.3)

    def forward(self, user: Tensor, item: Tensor) -> Tensor:
        return self.last(self.slot(self.users(user) * self.items(item))).squeeze(1)


class Wrapped(nn.Module):
    """A net with something done to what it gives."""

    def __init__(self, net: nn.Module, after) -> None:
        super().__init__()
        self.net, self.after = net, after

    def forward(self, *inputs):
        return self.after(self.net(*inputs))


class Before(nn.Module):
    """A net with something done to its first input."""

    def __init__(self, net: nn.Module, before) -> None:
        super().__init__()
        self.net, self.before = net, before

    def forward(self, x, *more):
        return self.net(self.before(x), *more)


class Hidden(nn.Module):
    """Layers kept in a list, which parameters() does not know."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.parts = list(parts)

    def forward(self, x: Tensor) -> Tensor:
        for part in self.parts:
            x = part(x)
        return x


class Anew(nn.Module):
    """A layer that is made in forward, each time with other weights."""

    def __init__(self, layer: nn.Linear) -> None:
        super().__init__()
        self.sizes = layer.in_features, layer.out_features

    def forward(self, x: Tensor) -> Tensor:
        return nn.Linear(*self.sizes)(x)


class Cut(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.detach()


class InBFloat16(nn.Module):
    """Weights in bfloat16, inputs cast to it and outputs back."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net.to(torch.bfloat16)

    def forward(self, *inputs):
        cast = (x.to(torch.bfloat16) if x.is_floating_point() else x for x in inputs)
        return self.net(*cast).float()


class OfDict(nn.Module):
    """A net that takes its batch as a dict."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, batch):
        return self.net(*(batch[name] for name in sorted(batch) if name.startswith("x")))


class WithLoss(nn.Module):
    """A net that gets the target, too, and gives its loss beside the output, as those of transformers do."""

    def __init__(self, net: nn.Module, loss) -> None:
        super().__init__()
        self.net, self.loss = net, loss

    def forward(self, *inputs, labels=None):
        output = self.net(*inputs)
        return {"logits": output} if labels is None else {"loss": self.loss(output, labels), "logits": output}
