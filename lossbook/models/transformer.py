"""A small transformer: an image cut into patches, each a token."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from lossbook import checks

SIDE = 28  # pixels


class PatchTransformer(nn.Module):
    """Patches to tokens, ``depth`` layers of attention, and a dense layer on the mean token.

    Input (N, 1, 28, 28), output (N, ``classes``).
    """

    def __init__(
        self, patch: int, width: int, heads: int, depth: int, classes: int, dropout: float, norm_first: bool
    ) -> None:
        super().__init__()
        tokens = (SIDE // patch) ** 2
        self.embed = nn.Conv2d(1, width, patch, stride=patch)  # one dense layer, the same for every patch
        self.position = nn.Parameter(0.02 * torch.randn(tokens, width))
        self.layers = nn.Sequential()
        for _ in range(depth):  # nn.TransformerEncoder would copy one layer, weights and all
            self.layers.append(
                nn.TransformerEncoderLayer(
                    width, heads, 4 * width, dropout, activation="gelu", batch_first=True, norm_first=norm_first
                )
            )
        self.norm = nn.LayerNorm(width) if norm_first else nn.Identity()  # else each layer ends in a norm
        self.head = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.embed(x).flatten(2).mT + self.position  # (N, tokens, width)
        return self.head(self.norm(self.layers(tokens)).mean(dim=1))


@dataclass(frozen=True)
class TinyTransformer:
    r"""A vision transformer for 28×28 grey images.

    The rule, for the tokens :math:`h` of one image, one layer with ``norm_first``:
    :math:`h \leftarrow h + \mathrm{attention}(\nu(h))`, then :math:`h \leftarrow h + \mathrm{mlp}(\nu(h))`; without
    it :math:`h \leftarrow \nu(h + \mathrm{attention}(h))`, then :math:`h \leftarrow \nu(h + \mathrm{mlp}(h))`, where
    :math:`\nu` is a layer norm.

    Args:
        patch: side of a patch in pixels; divides 28. Patches of 7 make 16 tokens.
        width: numbers per token.
        heads: attention heads; divides ``width``.
        depth: number of layers.
        classes: number of classes K.
        dropout: share of values dropped within each layer, in [0, 1).
        norm_first: normalise the input of each step, not its output; it then trains without a warm-up.

    Raises:
        ValueError: a value outside its range; ``patch`` or ``heads`` does not divide.
        TypeError: a value of another type.

    Input (N, 1, 28, 28), output (N, ``classes``).

    >>> TinyTransformer(patch=14, width=8).build().position.shape
    torch.Size([4, 8])

    Reference: Dosovitskiy et al., An Image is Worth 16x16 Words (ICLR 2021), section 3.1; Xiong et al., On Layer
    Normalization in the Transformer Architecture (ICML 2020), for ``norm_first``.
    """

    patch: int = 7
    width: int = 32
    heads: int = 4
    depth: int = 2
    classes: int = 10
    dropout: float = 0.0
    norm_first: bool = True

    def __post_init__(self) -> None:
        for name in ("patch", "width", "heads", "depth"):
            checks.whole_number(name, getattr(self, name), 1)
        checks.whole_number("classes", self.classes, 2)
        checks.in_interval("dropout", self.dropout, "[0, 1)")
        checks.flag("norm_first", self.norm_first)
        checks.divides("patch", self.patch, SIDE, "the image's side")
        checks.divides("heads", self.heads, self.width, "width")

    def build(self) -> PatchTransformer:
        """A net with fresh weights, drawn from torch's current random state."""
        return PatchTransformer(
            self.patch, self.width, self.heads, self.depth, self.classes, self.dropout, self.norm_first
        )
