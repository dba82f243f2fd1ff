"""The API pages: every public name of the package, from its docstring. A name without one fails the build."""

from __future__ import annotations

import inspect
import re
from types import ModuleType
from typing import Any

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.nodes import nested_parse_with_titles

import lossbook

logger = logging.getLogger(__name__)


def public(module: ModuleType) -> list[str]:
    """The public names of a module: its ``__all__``, or what it defines itself."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    own = (name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__)
    return sorted(name for name in own if not name.startswith("_"))


def describe(path: str, value: Any) -> list[str]:
    """The lines of reStructuredText for one name."""
    if inspect.isclass(value):
        return [f".. autoclass:: {path}", "   :members:", ""]
    if callable(value):
        return [f".. autofunction:: {path}", ""]
    if isinstance(value, dict):
        rows = [f"   - ``{key!r}``: {_in_short(row)}" for key, row in value.items()]
        return [f".. py:data:: {path}", "", "   Name and value:", "", *rows, ""]
    return [f".. py:data:: {path}", ""]


def _in_short(row: Any) -> str:
    """A row of a table in a line: its title, the first line of a function's docstring, or the settings."""
    if inspect.isfunction(row):
        return (inspect.getdoc(row) or "").partition("\n")[0]
    title = row if isinstance(row, str) else getattr(row, "title", None)
    return f"``{row!r}``" if title is None else re.sub(r"([_*`|])", r"\\\1", title)  # no markup in a title


def modules(named: dict[str, Any]) -> dict[str, ModuleType]:
    """The modules among these, each followed by those that it makes public."""
    found: dict[str, ModuleType] = {}
    for name, value in named.items():
        if isinstance(value, ModuleType):
            found[name] = value
            found |= modules({f"{name}.{item}": getattr(value, item) for item in public(value)})
    return found


class ApiDirective(Directive):
    """``{lossbook-api} NAMES``: names of :data:`lossbook.__all__`; a module with all that it makes public."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        names = {name: getattr(lossbook, name) for name in self.arguments[0].split()}
        lines = [".. py:currentmodule:: lossbook", ""]
        for name, value in names.items():
            if not isinstance(value, ModuleType):
                lines += self._checked(f"lossbook.{name}", value)
        for name, module in modules(names).items():
            summary = (module.__doc__ or "").strip()
            if not summary:
                logger.warning("the public module lossbook.%s has no docstring", name)
            lines += ["", f"lossbook.{name}", "-" * (9 + len(name)), ""]
            lines += [f".. py:module:: lossbook.{name}", "", *summary.splitlines(), ""]
            for item in public(module):
                if not isinstance(getattr(module, item), ModuleType):
                    lines += self._checked(f"lossbook.{name}.{item}", getattr(module, item))
        section = nodes.section()
        section.document = self.state.document
        nested_parse_with_titles(self.state, StringList(lines, "lossbook-api"), section)
        return section.children

    def _checked(self, path: str, value: Any) -> list[str]:
        if callable(value) and not (inspect.getdoc(value) or "").strip():
            logger.warning("the public name %s has no docstring", path)
        return describe(path, value)


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_directive("lossbook-api", ApiDirective)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
