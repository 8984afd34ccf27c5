# `make` alone says what there is. Everything happens in .venv; PYTHON and VENV choose others.
VENV ?= .venv
BIN := $(VENV)/bin
LESSONS := $(wildcard lessons/*.ipynb)
PYTEST := $(BIN)/python -m pytest
NBVAL := --nbval --nbval-current-env --nbval-sanitize-with tests/notebooks/sanitize.cfg
# JupyterLab refuses to run as root, as one does in a container, unless told so.
LAB_ARGS ?= $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: help lab test check bench format notebooks clean
.DELETE_ON_ERROR:

help:  ## say what there is
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1	/p' $(MAKEFILE_LIST)

lab: $(VENV)/.lessons  ## open the lessons in JupyterLab
	$(BIN)/jupyter lab $(LAB_ARGS) lessons/01_tensors.ipynb

test: $(VENV)/.test  ## run all tests and all lessons, also on real PyTorch
	$(PYTEST) -n 2 $(NBVAL) tests lessons

check: $(VENV)/.test $(VENV)/.dev  ## lint, types, floors, and notebooks that are as a fresh run writes them
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python scripts/run_notebooks.py --check

bench: $(VENV)/.test  ## measure edutorch against PyTorch
	$(BIN)/python -m benchmarks

format: $(VENV)/.dev  ## put the source into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

notebooks: $(VENV)/.test  ## run the lessons and write their outputs
	$(BIN)/python scripts/run_notebooks.py

clean:  ## remove the environment and what tools left behind
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache

# Each stamp says: this part of pyproject.toml, as it is now, is installed.
$(VENV)/.lessons: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[lessons]'
	$(BIN)/jupyter labextension disable '@jupyterlab/apputils-extension:announcements'
	@touch $@

$(VENV)/.test: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	$(BIN)/python -m pip install --quiet --editable '.[oracle]' \
	  || { test -z "$$CI" && echo 'No PyTorch for this machine: the tests that compare with it will be skipped.'; }
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

$(BIN)/python:
	@sh scripts/make_venv.sh $(VENV) $(PYTHON)
