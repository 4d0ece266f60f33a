# Two commands: `make demo` and `make test`. Each creates the virtual environment when it is missing.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.PHONY: demo demo-full test lint types clean

demo: $(VENV)/.ready  ## the whole ladder on the sample, quick form
	$(BIN)/stepladder run samples/tern-ferries/project.yaml --quick --out runs/demo

demo-full: $(VENV)/.ready  ## the same on all rows (see README for the time it takes)
	$(BIN)/stepladder run samples/tern-ferries/project.yaml --out runs/full

test: lint types  ## lint, types, tests
	$(BIN)/pytest

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready
	@mkdir -p build/types/stepladder
	@find build/types/stepladder -maxdepth 1 -type l -delete
	@ln -s $(CURDIR)/stepladder/* $(CURDIR)/curate $(CURDIR)/train $(CURDIR)/evaluate build/types/stepladder/
	cd build/types && $(abspath $(BIN))/mypy --config-file $(CURDIR)/pyproject.toml -p stepladder

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

clean:
	rm -rf build dist runs *.egg-info .pytest_cache .mypy_cache .ruff_cache
