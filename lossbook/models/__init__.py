"""Models: a frozen object that holds the knobs; ``build()`` draws the weights and gives an ``nn.Module``."""

from lossbook.models.convnet import ConvNet, Net
from lossbook.models.mlp import MLP

__all__ = ["MLP", "ConvNet", "Net"]
