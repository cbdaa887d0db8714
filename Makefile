# Everything happens in a virtual environment of its own; only Python >= 3.11 and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What must be covered to the last branch: the decisions, the state, the field table.
CORE := tribe_po/sync/*,tribe_po/state/*,tribe_po/fields.py

.PHONY: demo test lint format clean

demo: $(VENV)/.sandbox
	$(BIN)/tribe-po demo

test: $(VENV)/.dev
	$(BIN)/pytest --cov --cov-report=
	$(BIN)/coverage report --include='$(CORE)' --fail-under=100 --skip-covered

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) build dist *.egg-info .coverage .*_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.sandbox: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[sandbox]'
	touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/.sandbox
