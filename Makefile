# Two commands matter: `make run` and `make test`. Needs Python 3.11+ with venv, and make.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP_INSTALL := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary :all:
# The tests start hundreds of Python processes: without kept byte code each would compile the whole portal anew.
unexport PYTHONDONTWRITEBYTECODE
PYTEST := $(PY) -m pytest -n $${TEST_WORKERS:-$$(($$(nproc) + 1))} --dist loadfile --no-loadscope-reorder --durations=10

.PHONY: help run test test-all soak check format messages lock screens controls docs bench bench-poll bench-submit bench-pace bench-status bench-library bench-usage bench-review

help:
	@echo "make run       start the portal: http://localhost:8000"
	@echo "make test      the test suite, in parallel"
	@echo "make test-all  the suite with its long matrices"
	@echo "make soak      random kills for three minutes, then the verdict: SOAK=\"--stack redis --seed 7\""
	@echo "make check     formatting, types, layers, migrations, deployment checks"
	@echo "make format    format code and templates"
	@echo "make messages  what is to be translated, collected and compiled (needs gettext)"
	@echo "make screens   pictures of every page, the README's among them, taken from a real portal"
	@echo "make controls  the buttons, links and fields that no browser test uses"
	@echo "make docs      docs/providers.md, from the dialects and their catalogues"
	@echo "make bench     how well the engine looks and sends, beside a bare loop (bench-poll, bench-submit, bench-pace),"
	@echo "                and what an open tab costs the web server (bench-status)"
	@echo "make bench-library  how quickly libraries of up to a million jobs answer: ARGS=\"--sizes 1000,100000\""
	@echo "make bench-usage    how quickly usage of up to a million jobs is told, with the same arguments"
	@echo "make bench-review   how quickly staff's table of up to a million jobs answers, with the same arguments"
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

messages: $(VENV)/.development
	@command -v xgettext >/dev/null || { echo "This needs gettext. On Debian or Ubuntu: sudo apt-get install gettext"; exit 1; }
	$(PY) manage.py makemessages
	$(PY) manage.py compilemessages --ignore .venv

screens: $(VENV)/.development
	$(PY) -m tests.browser.screens

controls: export CONTROLS_USED := $(abspath $(VENV))/.controls
controls: $(VENV)/.development
	@rm -f $(CONTROLS_USED)
	$(PYTEST) -m browser --deselect tests/browser/test_every_page.py tests
	$(PY) -m tests.browser.controls

docs: $(VENV)/.development
	$(PY) manage.py handbook

bench: bench-pace bench-submit bench-poll bench-status

bench-poll: $(VENV)/.development
	$(PY) -m tests.bench.poll $(ARGS)

bench-pace: $(VENV)/.development
	$(PY) -m tests.bench.pace $(ARGS)

bench-submit: $(VENV)/.development
	$(PY) -m tests.bench.submit $(ARGS)

bench-status: $(VENV)/.development
	$(PY) -m tests.bench.status $(ARGS)

bench-library: $(VENV)/.development
	$(PY) -m tests.bench.library $(ARGS)

bench-usage: $(VENV)/.development
	$(PY) -m tests.bench.usage $(ARGS)

bench-review: $(VENV)/.development
	$(PY) -m tests.bench.job_table $(ARGS)

lock:
	uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-header -q -o requirements.txt
	uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-header -q -c requirements.txt -o requirements-dev.txt
