PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH := build/bench

.PHONY: demo test test-producers test-interpreted check-slow lint docs dist image bench clean

demo: $(VENV)/.installed
	$(BIN)/dedup run seeds

# In two processes, each with its own temporary folders and servers.
test: $(VENV)/.developing
	$(BIN)/python -m pytest -n 2 --dist worksteal

# With packages that make news out of pages, which draw in much else.
test-producers: $(VENV)/.developing
	$(BIN)/python -m pip install --quiet '.[test-producers]'
	$(BIN)/python -m pytest tests/io/test_producers.py

# Kernels as plain Python, line by line: which lines a few short texts reach.
test-interpreted: $(VENV)/.developing
	mkdir -p build
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m coverage run --data-file build/coverage --include 'dedup/kernels/*' tests/interpreted.py > /dev/null
	$(BIN)/python -m coverage report --data-file build/coverage --show-missing --fail-under 75

# The figures of docs/reliability.md: about an hour. Power cuts need root, and mkfs.ext4.
check-slow: $(VENV)/.developing
	DEDUP_CUTS=0 $(BIN)/python -m pytest -s tests/durability/test_powercuts.py
	DEDUP_FAULTS=40 $(BIN)/python -m pytest -s tests/durability/test_faults.py
	DEDUP_FLIPS=2000 $(BIN)/python -m pytest -s tests/index/test_flips.py
	DEDUP_KILLS=100 $(BIN)/python -m pytest -s tests/index/test_durability.py -k kills

lint: $(VENV)/.developing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# The site in build/site; every link and anchor within it must lead somewhere.
docs: $(VENV)/.documenting
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# Wheel and source archive in dist/, each installed in an empty environment and run.
dist: $(VENV)/.developing
	$(BIN)/python .ci/check_dist.py

# The Dockerfile of examples/, carried out in an empty environment.
image: $(VENV)/.developing
	$(BIN)/python .ci/check_image.py

bench: $(VENV)/.developing
	$(BIN)/python -m benchmarks.corpora.make -o $(BENCH) --documents 10000
	$(BIN)/python -m benchmarks.speed.run $(BENCH)/corpus.jsonl --planted $(BENCH)/planted.jsonl --slow --json $(BENCH)/speed.json

clean:
	rm -rf $(VENV) build dist *.egg-info

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.developing: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

$(VENV)/.documenting: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	touch $@
