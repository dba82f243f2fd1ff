"""Widgets: figures under controls, live in a notebook, and in the built page without a kernel."""

from __future__ import annotations

from lossbook.widgets import labs
from lossbook.widgets.case_files import case_file
from lossbook.widgets.controls import Control
from lossbook.widgets.explorer import Explorer, explore
from lossbook.widgets.quiz import guess_the_cause
from lossbook.widgets.scenario_faces import scenario_lab
from lossbook.widgets.sheet_of_causes import way_picture
from lossbook.widgets.static import Budget
from lossbook.widgets.table_of_causes import way_table
from lossbook.widgets.tree_of_causes import way_tree
from lossbook.widgets.wall_of_runs import wall

__all__ = [
    "Budget",
    "Control",
    "Explorer",
    "case_file",
    "explore",
    "guess_the_cause",
    "labs",
    "scenario_lab",
    "wall",
    "way_picture",
    "way_table",
    "way_tree",
]
