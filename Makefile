# Two commands are enough: `make run` and `make test`. Each sets everything up first.

VENV ?= .venv
BIN := $(VENV)/bin
PORT ?= 8000
DATA_DIR ?= .procession
JOBS ?= logical
SEED := $(or $(SEED),$(shell date +%s))
ARGS ?=

# The first Python that runs and is new enough; `make setup PYTHON=… VENV=…` takes another.
# pip needs ensurepip, which Debian ships apart; uv does not.
UV := $(shell command -v uv 2>/dev/null)
PROBE := import sys, venv$(if $(UV),,, ensurepip); print(sys.executable); sys.exit(sys.version_info < (3, 11))
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for python in python3.13 python3.12 python3.11 python3; do \
	$$python -c "$(PROBE)" 2>/dev/null && break; done)
endif

.DEFAULT_GOAL := help
.PHONY: help setup run test properties check format docs bench conformance requirements clean python

help:  ## Show this list
	@echo "Procession: a workflow engine for Flask and Dramatiq"
	@echo
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  PORT=8000 DATA_DIR=.procession for run; ARGS=… for test, bench, conformance; JOBS=2 for test;"
	@echo "  PYTHON=python3.12 VENV=.venv312 for another Python beside the first."

setup: $(VENV)/ready  ## Make .venv with everything in it (run and test do it themselves)

$(VENV)/ready: requirements-dev.txt pyproject.toml
	@$(MAKE) --no-print-directory python >/dev/null
	@echo "==> $(VENV) with $$($(PYTHON) --version)$(if $(UV), and uv)"
ifneq ($(UV),)
	@$(BIN)/python -c "" 2>/dev/null || uv venv --quiet --clear --python $(PYTHON) $(VENV)
	@uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements-dev.txt
	@uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
else
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@echo "==> installing requirements-dev.txt (half a minute the first time)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
endif
	@touch $@
	@echo "==> ready: $(BIN)/procession --help"

python:  # Print the Python that would be used, or say what is missing
	@$(or $(PYTHON),false) -c "$(PROBE)" 2>/dev/null || { \
	echo "Procession needs a Python that is 3.11 or newer and has venv; found: $(or $(PYTHON),none)." >&2; \
	echo "On Debian and Ubuntu: apt install python3-venv. Another place: make PYTHON=/path/to/python3." >&2; exit 1; }

run: setup  ## Run the whole of Procession in one process on PORT, its data in DATA_DIR
	@PORT="$(PORT)" DATA_DIR="$(DATA_DIR)" $(BIN)/procession dev

test: setup  ## Run the tests on every core, on both pairs of stores; ARGS="-k name" for some
	@$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

properties: setup  ## Try what is always true of the engine on 2,000 random flows each; SEED=… to repeat
	@echo "==> SEED=$(SEED)"
	@$(BIN)/python -m pytest tests/properties -v -n $(JOBS) --dist worksteal --hypothesis-profile=long \
	--hypothesis-seed=$(SEED) --hypothesis-show-statistics $(ARGS)

check: setup  ## Run what CI runs: ruff, mypy, import contracts, tests
	@echo "==> ruff";         $(BIN)/ruff check . && $(BIN)/ruff format --check .
	@echo "==> mypy";         $(BIN)/mypy
	@echo "==> lint-imports"; $(BIN)/lint-imports --no-cache --no-logo
	@echo "==> tests";        $(MAKE) --no-print-directory test

format: setup  ## Format the code and sort its imports
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

docs: setup  ## Write the pages of docs/ that come from the code (nodes, BPMN, incidents, JSON Schema)
	@$(BIN)/python -m workers.flow.reference

bench: setup  ## Measure starts and nodes per second (ARGS=--help tells how)
	@$(BIN)/python -m benchmarks $(ARGS)

conformance: setup  ## Run the suites of BPMN diagrams in a folder: SUITES=folder
	@test -n "$(SUITES)" || { echo "Say where the suites are: make conformance SUITES=folder" >&2; exit 2; }
	@$(BIN)/python -m tests.conformance "$(SUITES)" $(ARGS)

requirements:  ## Compile requirements*.txt from pyproject.toml; ARGS=--upgrade moves the pins
	@uv=$$(command -v uv) || { uv=$$(mktemp -d)/bin/uv && \
	$(PYTHON) -m venv $${uv%/bin/uv} && $${uv%/uv}/pip install --quiet uv; } && \
	compile="$$uv --no-config pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-emit-index-url --custom-compile-command 'make requirements' $(ARGS)" && \
	eval "$$compile -o requirements.txt pyproject.toml" && \
	eval "$$compile -o requirements-dev.txt --extra dev -c requirements.txt pyproject.toml"
	@grep -c '==' requirements.txt requirements-dev.txt

clean:  ## Remove what make made, but not the data of `make run`
	rm -rf $(VENV) *.egg-info build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
