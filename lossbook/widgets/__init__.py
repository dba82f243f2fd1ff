"""Widgets: figures under controls, live in a notebook, and in the built page without a kernel."""

from __future__ import annotations

from lossbook.widgets import labs
from lossbook.widgets.controls import Control
from lossbook.widgets.explore import Explorer, explore
from lossbook.widgets.static import Budget

__all__ = ["Budget", "Control", "Explorer", "explore", "labs"]
