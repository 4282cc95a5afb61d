# make run    open the window on the bundled demo clip; without a display, analyse it and write a picture of the window
# make test   lint, types, import contracts, tests
# make check  the same without the tests
# make bench  speed against the naive baseline and the window against its budgets, on an idle machine
# make bundle a folder that runs without Python: dist/affectline
# make clean  remove what these made
# All but clean first make or update .venv; that needs Python 3.11 or newer and the package index.

BIN := .venv/bin
WORK := .work
DEMO := resources/demo/demo.mp4

FIND_PYTHON = for python in python3.11 python3 python3.12 python3.13 python3.14 python; do \
    "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && exec "$$python" packaging/setup_venv.py; \
  done; echo 'set-up: Python 3.11 or newer is needed and none is on PATH' >&2; exit 1

.PHONY: run test check bench bundle clean setup

run: setup
	@if $(BIN)/python -m app.display; then \
	  $(BIN)/affectline open $(DEMO); \
	else \
	  $(BIN)/affectline analyze $(DEMO) --out $(WORK)/demo && \
	  $(BIN)/affectline screenshot $(DEMO) $(WORK)/demo/window.png; \
	fi

test: check
	@$(BIN)/python -m pytest -q

check: setup
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --diff --quiet .
	@$(BIN)/mypy --no-error-summary
	@told=$$($(BIN)/lint-imports --no-logo 2>&1) || { echo "$$told"; exit 1; }

bundle: setup
	@$(BIN)/python packaging/build.py

bench: setup
	@$(BIN)/python -m tests.bench

setup:
	@$(FIND_PYTHON)

clean:
	@rm -rf .venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
