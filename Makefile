# Two commands on a fresh machine with Python 3.11 and make: `make demo` and `make test`.
# Everything is installed into .venv, from locks with hashes; nothing outside this folder is touched.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
BY_FILE := -n 2 --dist loadfile --no-loadscope-reorder
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help demo test coverage check fix bench docs calibration faults clients slow lock clean

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*## /\t/' | expand -t 14

# --- environments: each stamp is made anew when its lock changes ---------------------------------------------------

$(VENV)/.made:
	@scripts/make-venv "$(PYTHON)" "$(VENV)"
	@$(PIP) install --require-hashes -r requirements/build.txt
	@touch $@

$(VENV)/.demo: $(VENV)/.made requirements/demo.txt pyproject.toml
	@echo "Setting up: installing the locked packages into $(VENV) (once, about a minute) ..."
	@$(PIP) install --require-hashes -r requirements/demo.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.demo requirements/dev.txt
	@echo "Setting up: installing the locked development packages into $(VENV) (once) ..."
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

$(VENV)/.clients: $(VENV)/.made requirements/clients.txt
	@echo "Setting up: KServe's client and an S3 server, in an environment of their own in $(VENV)/clients (once) ..."
	@scripts/make-venv "$(PYTHON)" "$(VENV)/clients"
	@$(VENV)/clients/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements/clients.txt
	@touch $@

# --- what people run -----------------------------------------------------------------------------------------------

demo: $(VENV)/.demo  ## one real model lives its whole life, on real data, in about a minute
	@$(BIN)/slipway demo

test: $(VENV)/.dev check  ## all checks, then the tests (under five minutes on two cores)
	$(BIN)/python -m pytest $(BY_FILE)

coverage: $(VENV)/.dev  ## the tests once more, and the lines that none of them reaches
	$(BIN)/python -m pytest $(BY_FILE) --cov --cov-report=term:skip-covered

check: $(VENV)/.dev  ## style, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(VENV)/.dev  ## mend what a tool can mend
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

calibration: $(VENV)/.dev  ## false alarms and power over thousands of seeded streams; writes docs/reference/calibration.md
	$(BIN)/python -m pytest -n 2 --dist worksteal --timeout 900 -m calibration tests/calibration
	$(BIN)/python -m slipway.testing.calibration docs/reference/calibration.md

faults: $(VENV)/.dev  ## kill real processes, break real disks; writes docs/reference/faults.md
	SLIPWAY_FAULTS_PAGE=docs/reference/faults.md $(BIN)/python -m pytest $(BY_FILE) --timeout 600 -m faults tests

slow: $(VENV)/.dev $(VENV)/.clients  ## everything beyond the default suite
	$(BIN)/python -m pytest $(BY_FILE) --timeout 900 -m "calibration or faults or slow" tests

clients: $(VENV)/.dev $(VENV)/.clients  ## ask a real server with KServe's own client
	$(BIN)/python -m pytest -m slow tests/serving/test_kserve.py

bench: $(VENV)/.dev  ## each benchmark beside its peers (minutes; peers get environments of their own)
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

docs: $(VENV)/.dev  ## run each example and command of the docs
	$(BIN)/python -m pytest -m "slow or not slow" tests/docs src/slipway --doctest-modules

lock:  ## resolve the locks anew (needs uv)
	uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra demo pyproject.toml -o requirements/demo.txt
	uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --extra dev -c requirements/demo.txt pyproject.toml -o requirements/dev.txt
	uv pip compile -q --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header requirements/clients.in -o requirements/clients.txt

clean:  ## remove the environment and everything that can be made again
	rm -rf $(VENV) demo .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage*
