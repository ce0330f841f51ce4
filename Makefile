# Each target is complete from a fresh clone: demo, test, docs, lint.
#
#   PYTHON       Python 3.11 or newer that the environment is made with
#   STACK        openmmlab, or onedl for its maintained fork
#   TORCH        requirement of torch, with options of pip if need be
#   JOBS         processes that the tests are shared among
#   PYTEST_ARGS  arguments for pytest, e.g. PYTEST_ARGS='tests/models -x'

PYTHON ?= python3
STACK ?= openmmlab
TORCH ?= torch==2.13.0
JOBS ?= 2
PYTEST_ARGS ?=

ifeq ($(STACK),openmmlab)
VENV := .venv
else ifeq ($(STACK),onedl)
VENV := .venv-onedl
else
$(error STACK is $(STACK), must be openmmlab or onedl)
endif

.PHONY: demo test docs lint env

demo: env
	$(VENV)/bin/python tools/demo/run_demo.py

# A process that crashes ends the run: with another in its place pytest-xdist waits
# for ever.
test: env
	$(VENV)/bin/python -m pytest -n $(JOBS) --dist loadfile \
	  --no-loadscope-reorder --max-worker-restart=0 $(PYTEST_ARGS)

docs: env
	NO_MKDOCS_2_WARNING=1 $(VENV)/bin/python -m mkdocs build --strict

lint: env
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m ruff format --check .
	$(VENV)/bin/lint-imports --no-cache

env:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo 'Python 3.11 or newer is needed and "$(PYTHON)" is not: name one, e.g. make $(MAKECMDGOALS) PYTHON=python3.11' >&2; \
	  exit 1; }
	@$(PYTHON) tools/setup/make_env.py --stack '$(STACK)' --torch '$(TORCH)' --venv '$(VENV)'
