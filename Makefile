# Everything is installed into .venv/ and nothing outside the repository is touched.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
WORKSPACE ?= .falsegreen/demo

# dg compares the interpreter that it runs on with the one that is activated.
export VIRTUAL_ENV := $(CURDIR)/.venv

# No library calls home. The command line sets the same for itself.
export DAGSTER_DISABLE_TELEMETRY := 1
export MLFLOW_DISABLE_TELEMETRY := true
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help install demo board dev test test-all browser lint format lock figures clean

help:  ## List the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: .venv/.installed  ## Install the pinned dependencies and falsegreen itself

# uv installs the lock three times as fast as pip and byte-compiles as it goes, which halves every later start.
.venv/.installed: requirements.lock requirements-uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'falsegreen needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ...'; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.lock
	UV_COMPILE_BYTECODE=1 $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# The engine spark: an extra of 500 MB that needs Java 17 and that nothing but the slow tests asks for.
.venv/.spark-installed: .venv/.installed requirements-spark.lock
	UV_COMPILE_BYTECODE=1 $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-spark.lock
	@touch $@

demo: install  ## Build a sample company, run the whole pipeline on it, show the risk table
	$(BIN)/falsegreen demo --out $(WORKSPACE)

board: install  ## Open the pages on the demo workspace
	$(BIN)/falsegreen board --out $(WORKSPACE)

dev: install  ## Open the Dagster interface on the demo workspace
	@mkdir -p .dagster
	DAGSTER_HOME=$(CURDIR) FALSEGREEN_HOME=$(WORKSPACE) FALSEGREEN_SOURCE=$(WORKSPACE)/source $(BIN)/dg dev

lint: install  ## Format, lint, types, import rules, Dagster definitions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/marimo check --strict notebooks
	$(BIN)/dg check defs

format: install  ## Rewrite the code as the formatter would have it
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: lint  ## Lint and the test suite, in minutes
	$(BIN)/pytest -m "not slow" --numprocesses 2 --dist loadfile --no-loadscope-reorder

# Tests of the pages look at them in Chromium; where it cannot be installed, they are left out.
browser:
	@command -v chromium > /dev/null || { test "$$(id -u)" = 0 && apt-get update -qq && apt-get install -y -qq chromium > /dev/null; } \
		|| echo 'no Chromium: the tests that look at pages are left out'

test-all: test .venv/.spark-installed browser  ## The above and the slow tests too, on both engines and in a browser
	$(BIN)/pytest -m slow --numprocesses 2 --dist loadfile --no-loadscope-reorder

lock: install  ## Resolve the dependencies anew: names, versions and hashes, no address
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--upgrade --group dev pyproject.toml --output-file requirements.lock
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["spark"])' | \
		$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--upgrade --constraints requirements.lock --output-file requirements-spark.lock -
	$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock

figures: install  ## Measure the walk on the sample company anew and write docs/walk_forward.md
	$(BIN)/falsegreen demo --out $(WORKSPACE)
	$(BIN)/python benchmarks/walk_forward_figures.py --workspace $(WORKSPACE)

clean:  ## Remove the environment and the demo workspace
	rm -rf .venv .falsegreen .dagster
