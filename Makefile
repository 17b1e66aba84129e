# The few commands of this house. `make` alone explains them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ORACLES := tests/oracles
# some tests wait for timers and processes, so run more of them than there are cores
JOBS ?= 4

.DEFAULT_GOAL := help
.PHONY: help install run demo check test bench words migration lock clean

help: ## Show this list
	@awk -F':.*## ' '/^[a-z]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed $(ORACLES)/node_modules/.installed ## Make .venv and install everything, hashes checked

$(VENV)/.installed: requirements-dev.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q config core menus gateway  # an editable install leaves that to every start
	touch $@

$(ORACLES)/node_modules/.installed: $(ORACLES)/package-lock.json
	if command -v npm >/dev/null; then \
		npm ci --silent --ignore-scripts --prefix $(ORACLES) && touch $@; \
	else echo "no Node here: the tests beside the libraries of others will be skipped"; fi

run: install ## Start a node with its sandbox phone (Ctrl-C stops it)
	$(BIN)/growr up

demo: install ## Fill the running node with a cooperative, a project and three borrowers
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

bench: install ## Measure, side by side with a plain peer in the same run
	$(BIN)/python -m tests.bench

words: install ## List the sentences that have no Swahili yet
	$(BIN)/python -m tests.house.words

migration: install ## Write a migration from the difference between models and head: make migration m="Add x"
	$(BIN)/growr db revision -m "$(m)"

lock: install ## Resolve the dependencies again (hashes, no addresses)
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--group dev pyproject.toml -o requirements-dev.lock

clean: ## Remove what was made here (not your data in var/)
	rm -rf $(VENV) $(ORACLES)/node_modules .mypy_cache .ruff_cache .hypothesis .import_linter_cache build *.egg-info
