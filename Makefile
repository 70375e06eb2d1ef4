# make demo    the demonstration on this machine          make test    the whole suite
# make check   linters, types, contracts, generated files  make bench   server times, memory, start
.DELETE_ON_ERROR:
.PHONY: help demo test test-deep mutation check _check bench requirements docs lock

# The distribution's own Python where it is new enough: it is built to be fast (the suite takes two thirds of the time),
# which one built at home, as by pyenv, seldom is. `make PYTHON=/path/to/python3 demo` names another.
CAN_RUN = import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(or $(shell for one in /usr/bin/python3 python3; do $$one -c '$(CAN_RUN)' 2>/dev/null && echo $$one && break; done),python3)
SAMLOS_HOME ?= $(CURDIR)/.local
export SAMLOS_HOME
export XDG_RUNTIME_DIR ?= /tmp

VENV = .venv/bin
MANAGE = $(VENV)/python manage.py
# Servers of the suite's own, careless about power cuts, stopped by whoever uses them last.
BESIDE_SERVERS = $(VENV)/python -m config.embedded run --scratch $(IN_MEMORY) --home $(SAMLOS_HOME)/test --
PYTEST_WORKERS ?= 2

help:
	@sed -n '1,2s/^# //p' Makefile

demo:
	@echo "Samlos, the demonstration:"
	@$(PYTHON) config/bootstrap.py
	@exec $(VENV)/python -m config.supervisor

test: IN_MEMORY = --in-memory
test:
	@$(PYTHON) config/bootstrap.py dev
	@$(BESIDE_SERVERS) $(VENV)/pytest -n $(PYTEST_WORKERS) --dist loadfile --no-loadscope-reorder -m "not deep" $(TESTS)

test-deep:
	@$(PYTHON) config/bootstrap.py dev
	@$(BESIDE_SERVERS) $(VENV)/pytest -n $(PYTEST_WORKERS) -m deep $(TESTS)

# Faults put into the rules of access one at a time (an hour and more): docs/mutation.md. `make mutation FILES=cases/grants.py`
mutation:
	@$(PYTHON) config/bootstrap.py dev
	@$(BESIDE_SERVERS) nice -n 10 $(VENV)/python -m tests.mutation $(FILES)

check:
	@$(PYTHON) config/bootstrap.py dev
	@DJANGO_SETTINGS_MODULE=config.settings.test $(BESIDE_SERVERS) $(MAKE) --no-print-directory _check

_check:
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy .
	$(VENV)/lint-imports
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) lintmigrations --ignore-initial-migrations --no-cache --quiet ok ignore \
		--include-apps audit agencies reminders cases consent actionplans meetings
	$(VENV)/python -m config.translations
	$(MANAGE) docs --check
	$(VENV)/python -m config.compose

bench:
	@$(PYTHON) config/bootstrap.py dev
	@DJANGO_SETTINGS_MODULE=config.settings.test $(MANAGE) bench

requirements:
	@$(PYTHON) config/bootstrap.py dev
	@DJANGO_SETTINGS_MODULE=config.settings.test $(MANAGE) requirements

docs:
	@$(PYTHON) config/bootstrap.py dev
	@DJANGO_SETTINGS_MODULE=config.settings.test $(MANAGE) docs

# Resolves the dependencies of pyproject.toml anew. For every Python and processor we support, without any address.
lock:
	@$(PYTHON) -m venv $(SAMLOS_HOME)/lock && $(SAMLOS_HOME)/lock/bin/pip install --quiet uv
	@for kind in "" -dev; do $(SAMLOS_HOME)/lock/bin/uv pip compile --quiet --universal --python-version 3.11 \
		--upgrade --generate-hashes --no-emit-index-url --no-emit-find-links --annotation-style line \
		--custom-compile-command "make lock" $${kind:+--extra dev} pyproject.toml -o requirements$$kind.lock; done
	@$(PYTHON) config/frontend.py lock
