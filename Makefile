# Two commands on a fresh machine: `make demo` and `make test`. Both make the .venv that they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Shoal needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

install: $(STAMP)  ## make the .venv, pinned by constraints.txt

demo: $(STAMP)  ## seven nights of sample logs, end to end, ending with a report
	$(BIN)/shoal demo

test: $(STAMP)  ## the tests, but for whole nights and real processes: a few minutes
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

test-all: $(STAMP)  ## all tests, whole nights, kills and servers too: a quarter of an hour
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(STAMP)  ## ruff, mypy and Dagster's own check of the definitions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/dg check defs

ui: $(STAMP)  ## Dagster's web UI with this project loaded
	$(BIN)/shoal ui

bench: $(STAMP)  ## measured comparisons, ten million events: takes a while
	$(BIN)/python benchmarks/nightly.py
	$(BIN)/python benchmarks/ingest.py
	$(BIN)/python benchmarks/models.py
	$(BIN)/python benchmarks/detection.py
	$(BIN)/python benchmarks/ablation.py
	$(BIN)/python benchmarks/report.py

clean:  ## remove what the other targets made
	rm -rf $(VENV) shoal_home build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

.PHONY: install demo test test-all lint ui bench clean help
