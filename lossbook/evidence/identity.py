"""Whether a model still has the modules and the parameters that it had."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn


class Parts:
    """The modules and parameters of a model, as they were when it was made."""

    def __init__(self, model: nn.Module) -> None:
        self.params: dict[str, nn.Parameter] = dict(model.named_parameters())
        self.ids = {id(param): place for place, param in enumerate(self.params.values())}  #: id -> its place
        self._places: list[tuple[dict[str, Any], str, Any]] = []  # table, name, what stood there
        self._tables: list[tuple[dict[str, Any], int]] = []  # table, its length
        for module in model.modules():
            for table in (module._modules, module._parameters):
                self._places += [(table, name, value) for name, value in table.items()]
                self._tables.append((table, len(table)))

    def grads(self) -> list[Tensor | None]:
        """The gradient of each parameter, as it is now."""
        return [param.grad for param in self.params.values()]

    def are_there(self) -> bool:
        """No part was exchanged, added or taken away."""
        return all([table.get(name) is value for table, name, value in self._places]) and all(
            [len(table) == count for table, count in self._tables]
        )

    def added_to(self, before: Parts) -> set[int]:
        """The ids of the parameters that came to those that were there before; none if one of these parts is gone."""
        stay = all([table.get(name) is value for table, name, value in before._places])
        return self.ids.keys() - before.ids.keys() if stay else set()

    def are_lent(self) -> bool:
        """Other tensors stand in for parameters during this pass alone, as ``torch.func.functional_call`` puts them."""
        now = [table.get(name) for table, name, value in self._places if table.get(name) is not value]
        return any(isinstance(each, Tensor) and not (each.is_leaf and isinstance(each, nn.Parameter)) for each in now)
