# Every target runs the same on a laptop and in CI. Installed and built things live in the cache
# folder, outside the repository; `make help` lists the targets.

PYTHON ?= python3
TIDEWHEEL_CACHE ?= $(HOME)/.cache/tidewheel
CLUSTER ?= embedded
SEED ?= 1

export TIDEWHEEL_CACHE

# A new lock or another Python means another environment, so an old one is never mixed with it.
venv_key := $(shell { cat requirements.lock; $(PYTHON) --version; pwd; } | sha256sum | cut -c1-16)
venv := $(TIDEWHEEL_CACHE)/venv-$(venv_key)
python := $(venv)/bin/python
dev := $(python) -m tidewheel_dev
engine_sources := $(shell find server_image/native -type f -not -name '*.pyc')

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' Makefile

.PHONY: demo
demo: $(venv)/ready ## Run the whole loop on real data (CLUSTER=kind uses your Docker)
	@$(dev) demo --cluster $(CLUSTER)

.PHONY: test
test: $(venv)/ready ## Run all tests; prints minutes per part
	@$(dev) test

.PHONY: test-long
test-long: $(venv)/ready ## Run all tests with every index and seed
	@$(dev) test --long

.PHONY: bench-operator
bench-operator: $(venv)/ready ## Measure the operator at scale; prints figures, judges nothing
	@$(python) -m tests.bench

.PHONY: bench-data
bench-data: $(venv)/ready ## Clean and check 5 GB within 1 GiB of memory; prints figures
	@$(python) -m tests.bench.data

.PHONY: bench-training
bench-training: $(venv)/ready ## Compare runs and searches with bare fits; prints ratios
	@$(python) -m tests.bench.training

.PHONY: bench-serving
bench-serving: $(venv)/ready ## Compare the model server with its peers; prints ratios
	@$(python) -m tests.bench.serving

.PHONY: test-faults
test-faults: $(venv)/ready ## Do every fault to the operator (SEED=n draws other samples)
	@TIDEWHEEL_TEST_LONG=1 TIDEWHEEL_TEST_SEED=$(SEED) $(python) -m pytest tests/faults

.PHONY: check
check: $(venv)/ready ## Check format, lint, types, imports and generated files
	@$(venv)/bin/ruff format --check .
	@$(venv)/bin/ruff check .
	@$(venv)/bin/mypy
	@$(venv)/bin/lint-imports
	@$(python) -m tidewheel_contracts.generate --check

.PHONY: format
format: $(venv)/ready ## Format the code and fix what the linter can fix
	@$(venv)/bin/ruff format .
	@$(venv)/bin/ruff check --fix .

.PHONY: generate
generate: $(venv)/ready ## Write the CRDs and schemas from the contracts
	@$(python) -m tidewheel_contracts.generate

.PHONY: images
images: $(venv)/ready ## Build the images that changed and import them into the cluster
	@$(dev) images

.PHONY: cluster-up
cluster-up: $(venv)/ready ## Start or repair the cluster (CLUSTER=kind uses your Docker)
	@$(dev) cluster up --cluster $(CLUSTER)

.PHONY: cluster-down
cluster-down: $(venv)/ready ## Stop the cluster
	@$(dev) cluster down --cluster $(CLUSTER)

.PHONY: cluster-status
cluster-status: $(venv)/ready ## Say how the embedded cluster is
	@$(dev) cluster status

.PHONY: venv
venv: $(venv)/ready ## Print the folder of the Python environment, made first when missing
	@echo $(venv)

.PHONY: lock
lock: $(venv)/ready ## Resolve the newest allowed packages into requirements.lock
	@$(python) -m pip install --quiet uv
	@$(venv)/bin/uv pip compile pyproject.toml --group test --group lint --group native \
	  --extra operator --extra trainer --extra server --extra boosters --extra ray --extra dev \
	  --universal --generate-hashes --upgrade --no-header --no-annotate --quiet \
	  --output-file requirements.lock

# Two at once would write into one another's environment: who comes second waits for the lock, and
# this file is read once more, which finds all done then.
ifndef HAS_VENV_LOCK
$(venv)/ready: pyproject.toml $(engine_sources)
	@mkdir -p $(TIDEWHEEL_CACHE)
	@flock $(venv).lock $(MAKE) --no-print-directory HAS_VENV_LOCK=yes $@
else
# The package is installed in place, so only a change of pyproject.toml asks for it again. The model
# server's engine in C++ is compiled when its sources have changed.
$(venv)/ready: pyproject.toml $(engine_sources) | $(venv)/locked
	@$(python) -m pip install --quiet --no-deps -e .
	@$(dev) engine
	@touch $@

$(venv)/locked:
	@echo "  install the Python environment into $(venv)"
	@rm -rf $(venv)
	@$(PYTHON) -m venv $(venv)
	@$(python) -m pip install --quiet --require-hashes -r requirements.lock
	@touch $@
endif
