# The few verbs for people and for CI. Each makes what it needs: `make demo` on a fresh clone is enough.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
BENCH := .venv/.ready-bench
PYTEST := pytest -n 2 --dist worksteal
COVERED := $(BIN)/python -m slipcover
SHAPES := tests/contracts/test_model.py $(patsubst %,tests/unit/test_%.py,positions rows training data inference)

.PHONY: help demo test check format bench slow completion clean

help:
	@echo "make demo        train the original system and show what it predicts (a minute)"
	@echo "make test        the whole test suite, with coverage"
	@echo "make check       format, lint, types, import direction"
	@echo "make format      put the code into its format"
	@echo "make bench       measure speed, among others against torch.nn.Transformer and BART"
	@echo "make slow        the tests that train for longer than a minute"
	@echo "make completion  write the shell completion scripts anew"
	@echo "make clean       remove what the others made, runs/ aside"

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -c constraints.txt -e '.[torch,dev]'
	@touch $@

$(BENCH): $(READY)
	$(BIN)/pip install --quiet -c constraints.txt -e '.[torch,bench]'
	@touch $@

demo: $(READY)
	$(BIN)/seq2seq demo

# Shapes are checked in the tests of what they belong to; in whole trainings the same checks would double the time.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/$(PYTEST) $(SHAPES)
	OMP_NUM_THREADS=1 $(COVERED) --json --out .coverage.json -m $(PYTEST) --jaxtyping-packages= $(SHAPES:%=--ignore=%)
	$(COVERED) --merge .coverage.json --out .coverage.json --missing-width 60 --fail-under 95

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyrefly check
	$(BIN)/lint-imports

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(BENCH)
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/batches.py
	$(BIN)/python benchmarks/data.py
	$(BIN)/python benchmarks/saving.py
	$(BIN)/python benchmarks/processes.py
	$(BIN)/python benchmarks/training_step.py
	$(BIN)/python benchmarks/streaming.py
	$(BIN)/python benchmarks/decoding_costs.py
	$(BIN)/python benchmarks/decoding.py

slow: $(READY)
	$(BIN)/pytest -m slow --jaxtyping-packages=

completion: $(READY)
	$(BIN)/python -m seq2seq_transformer.cli.completion

clean:
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage.json
