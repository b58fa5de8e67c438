PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := build/bench

.PHONY: demo test test-producers lint bench clean

demo: $(VENV)/.installed
	$(BIN)/dedup run seeds

test: $(VENV)/.developing
	$(BIN)/python -m pytest

# With packages that make news out of pages, which draw in much else.
test-producers: $(VENV)/.developing
	$(BIN)/python -m pip install --quiet '.[test-producers]'
	$(BIN)/python -m pytest tests/io/test_producers.py

lint: $(VENV)/.developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.developing
	$(BIN)/python benchmarks/corpus.py -o $(BENCH) --documents 10000
	$(BIN)/python benchmarks/speed.py $(BENCH)/corpus.jsonl --planted $(BENCH)/planted.jsonl --slow --json $(BENCH)/speed.json

clean:
	rm -rf $(VENV) build *.egg-info

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.developing: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@
