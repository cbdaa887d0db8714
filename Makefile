# Everything happens in a virtual environment of its own; only Python >= 3.11 and make are needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What must be covered to the last branch: the decisions, the state, the field table, and values.
CORE := tribe_po/sync/*,tribe_po/state/*,tribe_po/fields.py,tribe_po/values.py
CORES ?= auto
# What chaos leaves to chance depends on this number alone.
SEED := $(or $(SEED),$(shell date +%s))

.PHONY: demo test chaos pictures documents wheel mutants bench lint format clean

demo: $(VENV)/.sandbox
	$(BIN)/tribe-po demo

test: $(VENV)/.dev
	$(BIN)/pytest -n $(CORES) --dist worksteal --cov --cov-report= --ignore=tests/chaos --ignore=tests/dialects
	$(BIN)/coverage report --include='$(CORE)' --fail-under=100 --skip-covered
	$(BIN)/pytest -n $(CORES) --dist worksteal tests/dialects tests/chaos

# A crash at every request in every way, kills and losses: the better part of an hour.
# `make chaos SEED=1` repeats the one that said SEED=1.
chaos: $(VENV)/.dev
	@echo SEED=$(SEED)
	SEED=$(SEED) $(BIN)/pytest -n $(CORES) --dist worksteal tests/dialects tests/chaos tests/test_wheel.py -m ''

# Build it, install it in a clean environment, run it there.
wheel: $(VENV)/.dev
	$(BIN)/pytest tests/test_wheel.py -m ''

# Breaks sync/ and state/ in one place at a time, and tells how many of the mutants the tests of
# these rooms notice: docs/mutants.md. Hours; `make mutants ONLY='tribe_po.sync.guard.*'` does a part.
mutants: $(VENV)/.mutants
	$(BIN)/mutmut run --max-children $(or $(CHILDREN),1) $(if $(ONLY),'$(ONLY)')
	$(BIN)/python -m tests.mutants

# What the tool costs beside the least that could do the same: bench/README.md. A quarter
# of an hour and more; `make bench PARTS="idle startup"` measures only these parts.
bench: $(VENV)/.dev
	$(BIN)/python -m bench $(PARTS)

# What README.md and docs/ show of the commands; a test tells when they are no longer so.
pictures: $(VENV)/.dev
	$(BIN)/python -m tests.pictures

# The tables in README.md and docs/ that follow from the declarations.
documents: $(VENV)/.dev
	$(BIN)/python -m tests.generated

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) mutants build dist *.egg-info .coverage .*_cache

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.sandbox: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[sandbox]'
	touch $@

$(VENV)/.dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@ $(VENV)/.sandbox

$(VENV)/.mutants: pyproject.toml | $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --editable '.[mutants]'
	touch $@
