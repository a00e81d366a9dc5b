# Two commands set everything up: `make run` opens the app, `make test` checks all that CI checks.

PYTHON ?= python3
ARGS ?=
RUN := .venv/bin
DEV := .venv-test/bin

.PHONY: run test check fmt bench snapshots screenshots recording docs clean help

help:  ## list these targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

run: .venv/.installed  ## install what the app needs and open it here (ARGS="…" are passed on)
	@$(RUN)/wizard-tui $(ARGS)

test: .venv-test/.installed check  ## everything that CI runs: checks and the whole suite
	$(DEV)/python -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder

check: .venv-test/.installed  ## lint, types, import contracts, house rules
	$(DEV)/ruff format --check .
	$(DEV)/ruff check .
	$(DEV)/mypy
	$(DEV)/lint-imports
	$(DEV)/python -m pytest -q tests/test_house.py

fmt: .venv-test/.installed  ## format and fix what can be fixed
	$(DEV)/ruff format .
	$(DEV)/ruff check --fix .

bench: .venv-test/.installed  ## measure against peers; results go to the screen
	$(DEV)/python -m benchmarks $(ARGS)

snapshots: .venv-test/.installed  ## accept the app's present looks as right
	$(DEV)/python -m pytest tests/assistant/tui --snapshot-update

screenshots: .venv-test/.installed  ## make the pictures of the README
	$(DEV)/python -m docs.make_screenshots

recording: .venv-test/.installed  ## record the app in tmux for the README
	$(DEV)/python -m docs.make_recording

docs: .venv-test/.installed  ## bring the captioned tree and the command reference up to date
	$(DEV)/python -m docs.make_tree
	$(DEV)/python -m docs.make_reference

clean:  ## remove both environments and all caches
	rm -rf .venv .venv-test .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "wizard-tui needs Python 3.11 or newer: make run PYTHON=python3.12"; exit 2; }
	@echo "Setting up .venv. The first time on a machine, llama.cpp is compiled, which takes some minutes."
	$(PYTHON) -m venv .venv
	$(RUN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[starter]'
	@touch $@

.venv-test/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "wizard-tui needs Python 3.11 or newer: make test PYTHON=python3.12"; exit 2; }
	$(PYTHON) -m venv .venv-test
	$(DEV)/pip install --quiet --disable-pip-version-check --constraint constraints.txt torch
	$(DEV)/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[starter,train,dev]'
	@touch $@
