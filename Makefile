# Two commands: `make report` builds the document, `make test` tests the program. Both set up all they need, once.
PYTHON ?= $(firstword $(foreach v,3.12 3.13 3.11,$(shell command -v python$(v) 2>/dev/null)) $(shell command -v python3))
DATA ?= auto
PRESET ?= quick
OUT ?= build/$(PRESET)
BIN = .venv/bin

.PHONY: report test setup lint
report: setup
	$(BIN)/aereport build --preset $(PRESET) --data $(DATA) --out $(OUT)

test: setup
	$(BIN)/python -m pytest

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

setup: .venv/done

.venv/done: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[train]" --group dev
	sh .ci/native
	touch $@
