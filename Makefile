# One line a recipe. `make run` and `make test` do everything on a machine that has Python 3.11+ and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ARGS ?=
WORKERS ?= 3

.PHONY: run serve test lint bench docs setup setup-test clean

run: setup                      ## a living city: simulated people, real doors
	$(BIN)/nexus demo $(ARGS)

serve: setup                    ## your own city
	$(BIN)/nexus serve $(ARGS)

test: setup-test lint           ## everything: lint, types, front end, server, browser
	cd web && npm test --silent
	$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile $(ARGS)

lint: setup-test
	$(BIN)/ruff check src tests benchmarks docs hatch_build.py
	$(BIN)/ruff format --check src tests benchmarks docs hatch_build.py
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd web && npm run check --silent

bench: setup-test               ## the tables of docs/benchmarks.md; scripts/install-bench-tools brings nginx's nchan
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bench.txt
	$(BIN)/python benchmarks/intake.py
	$(BIN)/python benchmarks/noise.py
	$(BIN)/python benchmarks/continual.py
	$(BIN)/python benchmarks/accuracy.py
	$(BIN)/python benchmarks/fold.py
	$(BIN)/python benchmarks/fanout.py
	$(BIN)/python benchmarks/light.py
	$(BIN)/python benchmarks/wires.py
	$(BIN)/python benchmarks/simulator.py
	$(BIN)/python benchmarks/vitals.py
	$(BIN)/python benchmarks/causes.py

docs: setup-test                ## the pictures of docs/, from a running demo
	$(BIN)/python docs/screenshots.py

setup: $(VENV)/.installed

setup-test: $(VENV)/.installed-test

$(VENV)/.installed: requirements/run.txt pyproject.toml hatch_build.py $(shell find web -path web/node_modules -prune -o -type f -print)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed requirements/test.txt web/package-lock.json
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	cd web && npm ci --silent --no-audit --no-fund
	touch $@

clean:
	rm -rf $(VENV) web/node_modules src/nexus_city/static build dist
