# Two commands: `make report` builds the document, `make test` tests the program. Both set up all they need, once.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && echo $$p && break; done)
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
	@test -n "$(PYTHON)" || { echo "aereport needs Python 3.11 to 3.13: install one, or name it with PYTHON=" >&2; exit 3; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[train]" --group dev
	sh .ci/native
	touch $@
