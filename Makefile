# Everything runs from .venv, which `make setup` makes and keeps up to date with the lock.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
INSTALLED := .venv/installed
export PYTHON
# Tests find promtool, amtool and actionlint here before they look anywhere else.
export PATH := $(CURDIR)/.tools/bin:$(PATH)
export DO_NOT_TRACK := 1
export MLFLOW_DISABLE_TELEMETRY := true
# A pipeline starts a Python for each step: without bytecode each would compile its libraries anew.
unexport PYTHONDONTWRITEBYTECODE

TESTS ?= tests
# One more than there are processors: while a test waits for a disk or a server, another one runs.
JOBS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
RESOLVE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --custom-compile-command "make lock" $(UPGRADE)

# A server loads a model with the versions of these that saved it.
SAVED_WITH := cloudpickle\|joblib\|mlflow-skinny\|numpy\|pandas\|scikit-learn\|scipy\|skops

.PHONY: help setup demo test golden tools cluster bench lint format lock compile check clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

setup: $(INSTALLED) ## Create .venv with everything needed (any Python from 3.11: make PYTHON=python3.12 setup)

$(INSTALLED): requirements/dev.lock requirements/bootstrap.lock pyproject.toml tools/setup.sh
	@tools/setup.sh

demo: $(INSTALLED) ## Compile the specs, then train, evaluate and register the flight model locally
	@$(BIN)/penstock compile
	@$(BIN)/penstock run flight-delay

test: $(INSTALLED) ## Run the tests (TESTS=tests/source for one package, JOBS=0 for one process)
	@$(BIN)/python -m pytest $(TESTS) -n $(JOBS) --dist loadfile --no-loadscope-reorder

golden: $(INSTALLED) ## Rewrite the golden files with what the code produces now
	@$(BIN)/python -m pytest $(TESTS) --update -q -n $(JOBS) --dist loadfile

tools: $(INSTALLED) ## Install further tools for the tests: promtool, amtool, actionlint, kustomize, ...
	@tools/install-tools.sh

cluster: ## Build what tests/cluster needs: an API server, KServe and Argo Rollouts (minutes, with Go)
	@tools/install-cluster.sh

bench: $(INSTALLED) ## Measure compile times on a thousand models
	@$(BIN)/python -m benchmarks

lint: $(INSTALLED) ## ruff, mypy, import-linter
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(INSTALLED) ## Format the code and apply safe fixes
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

lock: $(INSTALLED) ## Resolve the locks again (UPGRADE=--upgrade for the newest versions)
	@$(RESOLVE) pyproject.toml --extra dev --output-file requirements/dev.lock
	@$(RESOLVE) requirements/bootstrap.in --constraints requirements/dev.lock \
		--output-file requirements/bootstrap.lock
	@$(RESOLVE) pyproject.toml --extra runtime --extra demo --constraints requirements/dev.lock \
		--output-file requirements/runtime.lock
	@$(RESOLVE) pyproject.toml --constraints requirements/dev.lock --output-file requirements/core.lock
	@$(RESOLVE) pyproject.toml --extra review --constraints requirements/dev.lock \
		--output-file requirements/review.lock
	@$(RESOLVE) requirements/s3.in --output-file requirements/s3.lock
	@{ cat requirements/serving.in; sed -n 's/^\($(SAVED_WITH)\)\(==.*\) \\$$/\1\2/p' requirements/runtime.lock; } | \
		$(RESOLVE) - --output-file requirements/serving.lock

compile: $(INSTALLED) ## Write generated/ from specs/
	@$(BIN)/penstock compile

check: $(INSTALLED) ## Check specs/ without writing anything
	@$(BIN)/penstock check

clean: ## Remove .venv, .tools, .penstock and all caches
	rm -rf .venv .tools .penstock .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
