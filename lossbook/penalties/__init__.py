"""Penalties: a frozen object; ``value(param)`` is added to the loss, ``grad(param)`` to the loss's gradient."""

from lossbook.penalties.elastic_net import ElasticNet
from lossbook.penalties.l1 import L1
from lossbook.penalties.l2 import L2

#: name -> the penalty with its usual settings
PENALTIES = {
    "l1": L1(),
    "l2": L2(),
    "elastic net": ElasticNet(),
}

__all__ = ["L1", "L2", "PENALTIES", "ElasticNet"]
