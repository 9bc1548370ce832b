# make demo   the product with its sandbox and demo shops, from a fresh clone
# make test   all tests, and first whatever they need
# make check  format, lint, types, imports, migrations, translations

SHELL := /bin/sh
.SHELLFLAGS := -eu -c
.DEFAULT_GOAL := help
.NOTPARALLEL:

PY := .venv/bin/python
UV := .venv/bin/python -m uv
# a container that forbids it would compile everything anew at every start
unexport PYTHONDONTWRITEBYTECODE

# `make check` looks at code and needs no server: an address that nobody answers keeps the embedded ones asleep
OFFLINE := DATABASE_URL=postgresql://nobody@127.0.0.1:9/none REDIS_URL=redis://127.0.0.1:9/0 SECRET_KEY=check

.PHONY: help
help:  ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: demo
demo: .venv/run messages  ## run everything with demo data; PORT=8000, SANDBOX_PORT=8001
	@exec $(PY) -m config.demo

.PHONY: test
test: .venv/dev messages  ## run all tests; ARGS="-k name" passes options to pytest
	@$(PY) -m tests.support.setup
	@$(PY) -m pytest $(ARGS)

.PHONY: check formatted linted typed layered migrated translated
check: formatted linted typed layered migrated translated  ## all that needs no run; make -k check goes on after a fault

formatted: .venv/dev
	$(PY) -m ruff format --check --quiet
linted: .venv/dev
	$(PY) -m ruff check --quiet --output-format concise
typed: .venv/dev
	$(OFFLINE) $(PY) -m mypy
layered: .venv/dev
	.venv/bin/lint-imports
migrated: .venv/dev
	@echo makemigrations --check
	@DATA_DIR=var/check SERVERS_LINGER_SECONDS=0 LOG_LEVEL=ERROR $(PY) manage.py makemigrations --check --dry-run
translated: .venv/dev
	$(PY) -m config.messages check

.PHONY: format
format: .venv/dev  ## put code into its form
	$(PY) -m ruff check --fix-only --quiet
	$(PY) -m ruff format

.PHONY: messages
messages: .venv/run  ## compile the translations
	@$(PY) -m config.messages compile

.PHONY: bench
bench: .venv/dev messages  ## measure; bench/README.md has the numbers
	@$(PY) -m bench $(ARGS)

.PHONY: soak
soak: .venv/dev messages  ## hours of steady load, and every crash with SOAK=5 seeds
	@SOAK=$${SOAK:-5} $(PY) -m pytest -m crash
	@$(PY) -m bench soak $(ARGS)

.PHONY: guards
guards: .venv/dev messages  ## take out each guard against a race; its test must fail
	@$(PY) -m tests.guards $(ARGS)

.PHONY: pins
pins: .venv/dev  ## pin requirements*.txt anew from pyproject.toml
	$(UV) pip compile -q --universal --python-version 3.11 --no-header --no-annotate --upgrade pyproject.toml -o requirements.txt
	$(UV) pip compile -q --universal --python-version 3.11 --no-header --no-annotate --upgrade --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

# The environment. A stamp remembers what was installed, so that a second start installs nothing.
.venv/bin/uv:
	@sh config/make_venv.sh

.venv/run: requirements.txt | .venv/bin/uv
	@echo "Installing what OneQueue runs on (once, about 80 MB) ..."
	@$(UV) pip install --compile-bytecode --python $(PY) -r requirements.txt
	@touch $@

.venv/dev: requirements-dev.txt .venv/run
	@echo "Installing what tests and checks need (once) ..."
	@$(UV) pip install --compile-bytecode --python $(PY) -r requirements-dev.txt
	@touch $@
