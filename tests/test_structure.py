"""The house rules that a machine can check: which part may import which, one place for each version, quick imports."""

from __future__ import annotations

import ast
import importlib
import os
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from conftest import PROJECT, ROOT

from lossbook.causes import CAUSES, FAMILIES

PACKAGE = ROOT / "lossbook"
LAYERS = (  # each may import from the units before it, and from itself
    {"values", "files", "constants"},
    {"checks"},
    {"parts"},
    {"precision"},
    {"losses", "optim", "schedules", "penalties", "layers", "projections", "stopping", "initializers"}
    | {"data", "metrics", "devices", "paths", "randomness", "progress"},
    {"models", "norms", "prediction"},
    {"surfaces", "loop", "torch_parts", "copying"},
    {"evidence"},
    {"experiment"},
    {"symptoms", "learners", "curves"},
    {"train", "causes", "pure_step", "recorded"},
    {"probes", "sweeps", "snippets"},
    {"scenarios", "diagnosis"},
    {"plotting"},
    {"widgets", "chapters", "integrations", "exercises"},
    {"cli", "gpu_check"},
    {"__main__"},
)
TORCH_FREE = (
    "lossbook",
    *(f"lossbook.{name}" for name in ("losses", "optim", "schedules", "penalties", "layers", "projections")),
    *(f"lossbook.{name}" for name in ("stopping", "initializers", "data", "surfaces", "experiment", "paths")),
    "lossbook.loop",
    "lossbook.parts",
    "lossbook.curves",
    *(f"lossbook.{name}" for name in ("causes", "snippets", "symptoms", "constants", "recorded", "cli.recorded")),
)
TRACKED = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
FILES = [ROOT / name for name in TRACKED.stdout.splitlines() if (ROOT / name).is_file()]


def unit(module: str) -> str:
    """lossbook.optim.adam -> optim"""
    return module.split(".")[1] if "." in module else ""


def imports(path: Path) -> set[str]:
    """The units of the package that a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "lossbook":
            names = [f"lossbook.{alias.name}" for alias in node.names] if node.module == "lossbook" else [node.module]
            found |= {unit(str(name)) for name in names}
        elif isinstance(node, ast.Import):
            found |= {unit(alias.name) for alias in node.names if alias.name.split(".")[0] == "lossbook"}
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_one_way(path: Path) -> None:
    me = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if me == "__init__":
        assert imports(path) == set()
        return
    level = next((i for i, layer in enumerate(LAYERS) if me in layer), None)
    assert level is not None, f"{me} has no place in LAYERS yet"
    allowed = {me}.union(*LAYERS[:level])
    assert imports(path) <= allowed, f"{path.name} may import {sorted(allowed)}"


def test_importing_does_not_load_torch() -> None:
    """One Python imports one module after the other, and ends at the first that loads something heavy."""
    code = f"""
import importlib, sys
for name in {TORCH_FREE!r}:
    importlib.import_module(name)
    if found := sorted({{"torch", "matplotlib", "ipywidgets", "torchvision"}} & set(sys.modules)):
        sys.exit(f"importing {{name}} loads {{found}}")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_in_a_kernel_threads_wait_without_using_the_processor() -> None:
    """Torch reads this when it is loaded, so the package says it before; elsewhere it changes nothing."""
    kept = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    for before, expected in (("", "None"), ("sys.modules['ipykernel'] = sys; ", "PASSIVE")):
        code = f"import os, sys; {before}import lossbook; print(os.environ.get('OMP_WAIT_POLICY'))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=kept)
        assert done.stdout.strip() == expected


def test_public_names_are_there_and_documented() -> None:
    import lossbook

    for name in lossbook.__all__:
        assert getattr(lossbook, name).__doc__, name
    assert {"batches", "symptom_of"} <= set(lossbook.__all__)  # notebooks and readers use them
    assert lossbook.__version__ == PROJECT["version"]
    with pytest.raises(AttributeError, match="module 'lossbook' has no attribute 'rnu'; it has Experiment"):
        _ = lossbook.rnu


def test_a_cause_stands_in_files_of_one_name() -> None:
    """Who has found a cause in one of these folders knows its file in the others."""
    tables = [
        {name: importlib.import_module(f"lossbook.{folder}.{name}").ROWS for name in FAMILIES}
        for folder in ("causes", "probes", "scenarios", "snippets")
    ]
    causes, probes, scenarios, snippets = (
        {
            name: {getattr(row, "cause", None) or getattr(row, "key", row) for row in rows}
            for name, rows in table.items()
        }
        for table in tables
    )
    assert causes == probes == scenarios == snippets
    assert set().union(*causes.values()) == set(CAUSES)


def test_no_module_is_named_like_what_it_holds() -> None:
    """Else ``from package import name`` gives the module or the object, depending on earlier imports."""
    for path in PACKAGE.rglob("*.py"):
        names = {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}
        assert path.stem not in names, path.relative_to(PACKAGE)


def test_files_are_small() -> None:
    long = {path.name: n for path in PACKAGE.rglob("*.py") if (n := len(path.read_text().splitlines())) > 250}
    assert not long


def test_a_version_stands_in_one_place() -> None:
    """Dependencies and their versions are in pyproject.toml only; every other list installs from it."""
    listed = [*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values())]
    names = {re.split(r"[\[<>=!~ ]", line)[0] for line in listed} - {"lossbook"}
    assert {"torch", "jupyter-book", "jupyterlab"} <= names
    pinned = re.compile(
        rf"\b({'|'.join(map(re.escape, names))})(\[[a-z,]+\])?\s*(==|>=|<=|~=|<|>|=)\s*\d", re.IGNORECASE
    )
    for path in FILES:
        if path.suffix in {".gz", ".png", ".svg"} or path.name == "pyproject.toml":
            continue
        found = [match.group() for match in pinned.finditer(path.read_text(encoding="utf8"))]
        assert not found, f"{path.relative_to(ROOT)} repeats {found}"


def test_no_dependency_is_pinned_exactly() -> None:
    listed = [*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values())]
    assert all(">=" in line or line.startswith("lossbook[") for line in listed)


def test_the_oldest_python_is_the_same_everywhere() -> None:
    oldest = PROJECT["requires-python"].removeprefix(">=")
    assert f"NEEDED = ({oldest.replace('.', ', ')})" in (ROOT / "tools" / "install.py").read_text()
    assert f"Python {oldest} or newer" in (ROOT / "README.md").read_text()
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["python_version"] == oldest


def test_ci_runs_the_readmes_commands() -> None:
    script, readme = (ROOT / ".ci" / "run").read_text(), (ROOT / "README.md").read_text()
    for command in ("make test", "make book"):
        assert re.search(rf"^{command}$", script, re.MULTILINE)
        assert re.search(rf"^{command}\b", readme, re.MULTILINE)


def test_every_make_target_is_one_documented_command() -> None:
    """The commands that make runs after the install are in the README word for word, for readers without make."""
    readme = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text().replace("$(JOBS)", "2")
    makefile = makefile.replace("$(BUILD)", "jupyter-book build -W -n --keep-going .")
    commands = re.findall(
        r"^\t(?:\$\(BIN\)/)?((?:jupyter|python|ruff|mypy|nbstripout|codespell)\b.*)$", makefile, re.MULTILINE
    )
    assert len(commands) >= 9
    for command in commands:
        assert command in readme, command
