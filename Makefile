# Two commands matter: `make run` and `make test`. Needs Python 3.11+ with venv, and make.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all:
PYTEST := $(PY) -m pytest -n $${TEST_WORKERS:-$$(($$(nproc) + 1))} --dist loadfile --no-loadscope-reorder --durations=10

.PHONY: help run test test-all soak check format lock screens docs bench bench-poll bench-submit bench-pace

help:
	@echo "make run       start the portal: http://localhost:8000"
	@echo "make test      the test suite, in parallel"
	@echo "make test-all  the suite with its long matrices"
	@echo "make soak      random kills for three minutes, then the verdict: SOAK=\"--stack redis --seed 7\""
	@echo "make check     formatting, types, layers, migrations, deployment checks"
	@echo "make format    format code and templates"
	@echo "make screens   the README's pictures, taken from a real portal"
	@echo "make docs      docs/providers.md, from the dialects and their catalogues"
	@echo "make bench     how well the engine looks and sends, beside a bare loop (bench-poll, bench-submit, bench-pace)"
	@echo "make lock      renew the hashed lock files"

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Sora Portal needs Python 3.11 or newer; $(PYTHON) is older. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "This Python has no venv. On Debian or Ubuntu: sudo apt-get install python3-venv"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(PY)
	@echo "Installing what the portal needs (once)…"
	@$(PIP_INSTALL) -r requirements.txt
	@touch $@

$(VENV)/.development: requirements-dev.txt $(VENV)/.runtime
	@echo "Installing what the tests need (once)…"
	@$(PIP_INSTALL) -r requirements-dev.txt
	@touch $@

run: $(VENV)/.runtime
	@exec $(PY) manage.py portal

test: $(VENV)/.development
	$(PYTEST) -m "not matrix"
	@$(MAKE) --no-print-directory test-postgresql MARK="databases and not matrix"

test-all: $(VENV)/.development
	$(PYTEST)
	@$(MAKE) --no-print-directory test-postgresql MARK="databases"

soak: $(VENV)/.development
	$(PY) -m tests.soak $(SOAK)

.PHONY: test-postgresql
test-postgresql:
	@if [ -n "$$TEST_DATABASE_URL" ]; then PORTAL_TEST_ON=postgresql $(PYTEST) -m "$(MARK)"; \
	elif [ "$$CI" = true ]; then echo "The PostgreSQL half needs TEST_DATABASE_URL."; exit 1; \
	else echo "Skipped the PostgreSQL half. To run it: TEST_DATABASE_URL=postgres://user@host/database make test"; fi

check: $(VENV)/.development
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(PY) -m mypy generations sora_portal tests
	$(VENV)/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run
	PUBLIC_URL=https://portal.example.com $(PY) manage.py check --deploy --fail-level WARNING
	$(VENV)/bin/djade --target-version 5.2 --check $$(git ls-files 'templates/*.html' 'templates/**/*.html')

format: $(VENV)/.development
	$(VENV)/bin/ruff check --fix-only .
	$(VENV)/bin/ruff format .
	$(VENV)/bin/djade --target-version 5.2 $$(git ls-files 'templates/*.html' 'templates/**/*.html')

screens: $(VENV)/.development
	$(PY) -m tests.browser.screens

docs: $(VENV)/.development
	$(PY) manage.py handbook

bench: bench-pace bench-submit bench-poll

bench-poll: $(VENV)/.development
	$(PY) -m tests.bench.poll $(ARGS)

bench-pace: $(VENV)/.development
	$(PY) -m tests.bench.pace $(ARGS)

bench-submit: $(VENV)/.development
	$(PY) -m tests.bench.submit $(ARGS)

lock:
	uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements.txt
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-header -q -c requirements.txt -o requirements-dev.txt
