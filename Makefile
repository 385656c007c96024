# Every target builds .venv from the pinned versions when it is missing.
PYTHON ?= python3.11
CONSTRAINTS ?= $(if $(findstring 3.11,$(shell $(PYTHON) --version)),constraints/tf2.16-py311.txt,constraints/tf2.21-py313.txt)
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test test-slow fuzz lint bench docs clean

$(VENV)/.installed: setup.cfg $(CONSTRAINTS)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet -c $(CONSTRAINTS) -e '.[test]'
	touch $@

demo: $(VENV)/.installed
	rm -rf demo
	$(BIN)/keras-rau demo --output demo

# A file stays with a worker: what its tests share is made once.
test: $(VENV)/.installed
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

test-slow: $(VENV)/.installed
	$(BIN)/pytest -n 2 --dist worksteal -m slow

# Damaged and odd files for everything that reads files of strangers; FUZZ_MINUTES=30 FUZZ_SEED=1 make fuzz
fuzz: $(VENV)/.installed
	$(BIN)/python -P tests/fuzzing/__main__.py

lint: $(VENV)/.installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

$(VENV)/.docs-installed: $(VENV)/.installed
	$(BIN)/pip install --quiet -c $(CONSTRAINTS) -e '.[docs]'
	touch $@

# The site, in docs/_build/html: any warning and any link that leads nowhere is an error.
docs: $(VENV)/.docs-installed
	$(BIN)/python -P -m sphinx -q -W --keep-going -b html -d docs/_build/doctrees docs docs/_build/html
	$(BIN)/python -P docs/site_build/check_links.py docs/_build/html

# The speed of the losses beside Keras's binary cross-entropy.
bench: $(VENV)/.installed
	$(BIN)/python -P benchmarks/loss_speed.py

clean:
	rm -rf $(VENV) demo build docs/_build docs/gallery docs/reference/api *.egg-info
