# `make` alone says what there is. Everything happens in .venv; PYTHON and VENV choose others.
VENV ?= .venv
BIN := $(VENV)/bin
LESSONS := $(wildcard lessons/*.ipynb)
PYTEST := $(BIN)/python -m pytest
NBVAL := --nbval --nbval-current-env --nbval-sanitize-with tests/notebooks/sanitize.cfg
GRADES ?= grades
# JupyterLab refuses to run as root, as one does in a container, unless told so.
LAB_ARGS ?= $(if $(filter 0,$(shell id -u)),--allow-root)

.PHONY: help lab exercises grade test check bench format notebooks docs nbgrader wheel kernels browser binder clean
.DELETE_ON_ERROR:

help:  ## say what there is
	@sed -n 's/^\([a-z]*\):[^#]*## /  make \1	/p' $(MAKEFILE_LIST)

lab: $(VENV)/.lessons  ## open lessons and exercises in JupyterLab
	$(BIN)/jupyter lab $(LAB_ARGS) --ServerApp.root_dir='$(CURDIR)' lessons/01_tensors.ipynb

grade: $(VENV)/.lessons  ## grade a class: make grade SUBMISSIONS=folder; marks and feedback go into grades/
	@test -n '$(SUBMISSIONS)' || { echo 'Which submissions? make grade SUBMISSIONS=folder' >&2; exit 1; }
	$(BIN)/python -m edutorch.classroom.grading '$(SUBMISSIONS)' --into '$(GRADES)' $(GRADE_ARGS)

test: $(VENV)/.test  ## run all tests and all lessons, also on real PyTorch
	$(PYTEST) -n 2 $(NBVAL) tests lessons

check: $(VENV)/.test $(VENV)/.dev  ## lint, types, floors, and notebooks that are as a fresh run writes them
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python scripts/run_notebooks.py --check
	$(BIN)/python scripts/make_exercises.py --check

bench: $(VENV)/.test  ## measure edutorch against PyTorch
	$(BIN)/python -m benchmarks

format: $(VENV)/.dev  ## put the source into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

notebooks: $(VENV)/.test  ## run the lessons and write their outputs
	$(BIN)/python scripts/run_notebooks.py

exercises: $(VENV)/.lessons  ## write the notebooks of the exercises from their task files
	$(BIN)/python scripts/make_exercises.py

docs: $(VENV)/.docs  ## write the browsable reference into build/site, and check its links
	$(BIN)/python -m docs.site

nbgrader:  ## try the exercises with nbgrader, in an environment of its own
	$(MAKE) VENV=.venv-nbgrader .venv-nbgrader/.nbgrader
	.venv-nbgrader/bin/python scripts/try_nbgrader.py

wheel: $(VENV)/.wheel  ## build sdist and wheel, and try the wheel in an empty environment
	$(BIN)/python scripts/try_wheel.py

kernels: $(VENV)/.test $(VENV)/.kernels  ## compile the CUDA kernels, and run them on the processor
	$(PYTEST) -n 2 tests/kernels/cuda

browser: docs $(VENV)/.test $(VENV)/.browser  ## try lessons, exercises and reference in Chromium, as they are seen
	$(PYTEST) -n 2 --dist worksteal --reruns 1 tests/browser # a busy machine may disturb a browser; -ra tells of reruns

binder: $(VENV)/.binder  ## try what Binder would do, in a fresh environment and in Chromium
	$(BIN)/python scripts/try_binder.py $(BINDER_PYTHON)

clean:  ## remove the environment and what tools left behind
	rm -rf $(VENV) .venv-nbgrader build dist *.egg-info .pytest_cache .ruff_cache .hypothesis .import_linter_cache

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

$(VENV)/.wheel: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[wheel]'
	@touch $@

$(VENV)/.kernels: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[kernels]'
	@touch $@

$(VENV)/.browser: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[browser]'
	@touch $@

$(VENV)/.binder: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[binder]'
	@touch $@

$(VENV)/.docs: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	@touch $@

$(VENV)/.nbgrader: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --editable '.[nbgrader]'
	@touch $@

$(BIN)/python:
	@sh scripts/make_venv.sh $(VENV) $(PYTHON)
