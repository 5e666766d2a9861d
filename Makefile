# make report     trains, measures and writes the report: build/quick/report.html and report.pdf
#                 PRESET=smoke|quick|full DATA=auto|cifar10|demo|FOLDER OUT=FOLDER ARGS="--set seeds=3"
# make test       runs the tests on all cores; one file: ARGS="tests/test_data.py -x"
# make test-long  runs them with their long versions
# make check      runs ruff and mypy
# make setup      only sets up what make report needs; the others set up what they need themselves, once;
#                 CONSTRAINTS=/dev/null takes the newest packages instead of the pinned ones, if .venv is new
#
# Needs Python 3.11 to 3.14, git and make. Everything else goes into .venv, and the native libraries (Pango; for the
# tests Chromium and poppler) into the system. Programs in .venv name their folder: only `python -m` outlives a move.

PRESET := quick
DATA := auto
OUT := build/$(PRESET)
ARGS :=
CONSTRAINTS := constraints.txt

# An option only if its variable was given to make: otherwise a run that is there already keeps its own value.
given = $(if $(findstring command,$(origin $(1))),--$(2) $(call quoted,$(1)))
quoted = '$(subst ','\'',$($(1)))'

BIN := .venv/bin
FITS := import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))
# macOS does not find brew's libraries by itself. The variable must stand right before the program, or macOS drops it.
ifneq ($(shell command -v brew 2>/dev/null),)
WITH_LIBRARIES := DYLD_FALLBACK_LIBRARY_PATH='$(shell brew --prefix)/lib'
endif

# After an upgrade of the system the Python of .venv may be gone, or another one that knows nothing of its packages.
GONE := $(shell if [ -e .venv/.pip ] && ! $(BIN)/python -c 'import pip' 2>/dev/null; then echo gone; fi)

.PHONY: report test test-long check setup gone

report: .venv/.train .venv/.pango
	@$(WITH_LIBRARIES) $(BIN)/python -m report.cli build $(call given,PRESET,preset) $(call given,DATA,data) --out $(call quoted,OUT) $(ARGS)

test: .venv/.dev .venv/.chromium
	@$(WITH_LIBRARIES) $(BIN)/python -m pytest -n logical --maxprocesses 8 --dist worksteal $(ARGS)

test-long: .venv/.dev .venv/.chromium
	@$(WITH_LIBRARIES) $(BIN)/python -m pytest -m 'long or not long' $(ARGS)

check: .venv/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m mypy

setup: .venv/.train .venv/.pango

# One stamp file per step, so that a second call sets up nothing. A native library that could not be installed leaves
# none, and the next call tries again.

.venv/.pip: pyproject.toml constraints.txt $(GONE)
	@for python in python3 python3.14 python3.13 python3.12 python3.11 ''; do \
	    if [ -z "$$python" ] || $$python -c '$(FITS)' 2>/dev/null; then break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo 'Found no Python 3.11 to 3.14 with the venv module: install one (on Debian also python3-venv).' >&2; exit 3; \
	fi; \
	if ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
	    echo "Setting up .venv with $$($$python --version)"; $$python -m venv --clear .venv; \
	fi
	@$(BIN)/python -m pip install --quiet --constraint $(CONSTRAINTS) --upgrade pip
	@touch $@

.venv/.train: .venv/.pip
	$(BIN)/python -m pip install --constraint $(CONSTRAINTS) --editable '.[train,preview]'
	@touch $@

.venv/.dev: .venv/.train
	$(BIN)/python -m pip install --constraint $(CONSTRAINTS) --group dev
	@touch $@

.venv/.pango: .venv/.train
	@if sh .ci/native $(BIN)/python report; then touch $@; fi

.venv/.chromium: .venv/.dev
	@if sh .ci/native $(BIN)/python test; then touch $@; fi
