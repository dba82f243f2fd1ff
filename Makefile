# Every target makes the environment and installs what it needs, once. The README gives each as a plain command.
# VENV=PATH reuses an environment, PYTHON=python3.12 names the Python that makes one.
VENV ?= .venv
PYTHON ?= python3
# JOBS=1 runs the tests one by one; each further job wants a core and 2 GB.
JOBS ?= 2
# torch's threads wait without using the processor.
export OMP_WAIT_POLICY ?= PASSIVE
BIN = "$(VENV)/bin"
INSTALL = @$(PYTHON) tools/install.py --venv "$(VENV)"
BUILD = $(BIN)/jupyter-book build -W -n --keep-going .

.PHONY: help book test lab lint bench programs gpu-check clean
.DEFAULT_GOAL := help

help: ## show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/'

book: ## build the HTML book, every page executed, LOSSBOOK_JOBS at a time; prints the path of index.html
	$(INSTALL) book
	$(BUILD)

test: ## run every test: the package, its docstrings, the notebooks, the built book
	$(INSTALL) dev
	$(BIN)/python book/_ext/lossbook_current.py
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup

lab: ## open copies of the chapters in JupyterLab
	$(INSTALL) lab
	$(BIN)/python tools/lab.py
	$(BIN)/jupyter lab --ServerApp.root_dir=lab lab/index.ipynb

lint: ## ruff, mypy, nbstripout and codespell
	$(INSTALL) dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/nbstripout --verify notebooks/*.ipynb
	$(BIN)/codespell

bench: ## measure the speeds that the project claims
	$(INSTALL) dev
	$(BIN)/python -m pytest benchmarks

programs: ## ask the diagnosis about every program of tests/programs, and write down what it says
	$(INSTALL) dev
	$(BIN)/python tools/measure_programs.py --jobs $(JOBS)

gpu-check: ## train every scenario on the GPU and on the CPU, and compare what comes of it
	$(INSTALL) book
	$(BIN)/python -m lossbook.gpu_check

clean: ## remove what was built; the environment stays
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis
