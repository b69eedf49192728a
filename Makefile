# Two commands: `make demo` and `make test`. Each does all of its own set-up in .venv and needs only git, make and Python >= 3.11.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint types contracts pytest coverage fmt bench clean

demo: $(VENV)/.core
	@$(BIN)/python demo/demo.py

test: lint types contracts pytest coverage

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/vaxctl fmt --check profiles templates/profile.yaml

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

pytest: $(VENV)/.dev
	rm -f .coverage .coverage.*
	$(BIN)/vaxctl models pull silero_v4 silero_v5 smart_turn nsnet2 rnnoise
	$(BIN)/pytest -n 2 --cov --cov-report=
	$(BIN)/pytest -m cluster tests/local_agent/tuning tests/cli --cov --cov-append --cov-report=

# Profile and rules are covered to the last branch; source (reading and layout) and plan nearly so; the rest is shown.
coverage: $(VENV)/.dev
	$(BIN)/coverage report --skip-covered --skip-empty
	$(BIN)/coverage report --include='vaxctl/profile/*,vaxctl/rules/*' --fail-under=100 >/dev/null
	$(BIN)/coverage report --include='vaxctl/source/*,vaxctl/plan/*' --fail-under=97 >/dev/null

fmt: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/vaxctl fmt profiles templates/profile.yaml

bench: $(VENV)/.dev
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/plan.py

clean:
	rm -rf $(VENV) .demo .coverage .coverage.* .mypy_cache .ruff_cache .hypothesis

$(VENV)/pyvenv.cfg:
	@test -n "$(PYTHON)" || { echo "vaxctl needs Python 3.11 or newer; none was found. Set PYTHON=/path/to/python3."; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip

$(VENV)/.core: $(VENV)/pyvenv.cfg pyproject.toml
	@echo "Setting up .venv (once) ..."
	@$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/pyvenv.cfg pyproject.toml
	@echo "Setting up .venv (once) ..."
	$(BIN)/python -m pip install --quiet --editable '.[dev,all]'
	@touch $@
