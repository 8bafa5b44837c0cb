# Keepwell: `make demo` answers keep or win for a real shop; `make help` lists the rest.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
DEV    := $(VENV)/.ready-dev

# Django is set up for the tests of its rooms alone
ROOMS  := tests/web keepwell/web keepwell/jobs
BELOW  := tests keepwell --ignore=tests/web --ignore=keepwell/web --ignore=keepwell/jobs

.PHONY: help demo packages test test-fast test-web test-postgresql test-soak test-spark test-faults check format bench bench-decide docs messages lock clean

help:
	@echo "make demo         set up, import a real shop's two years, print the answer, write report.html"
	@echo "make test         set up and run every test (fast, Spark, browser, faults)"
	@echo "make test-fast    only the fast tests of the library and the commands"
	@echo "make test-web     the web application's tests, on SQLite (make test-postgresql: on PostgreSQL)"
	@echo "make check        ruff, import-linter, mypy"
	@echo "make bench        benchmarks against what one would use instead (long)"
	@echo "make bench-decide the decision judged on simulated markets with a known truth (long)"
	@echo "make docs         write the reference pages again"
	@echo "make messages     collect the texts of the pages for translation, and compile them"
	@echo "make lock         resolve requirements/*.txt again"

demo: $(READY)
	@$(BIN)/keepwell demo

test: packages test-fast test-web test-postgresql test-soak test-spark test-faults

packages:
	@.ci/packages

test-fast: $(DEV)
	$(BIN)/python -m pytest -q -n 2 -m "not spark and not faults and not soak" $(BELOW)

# the rooms of the web application, on SQLite and on a real PostgreSQL
test-web: $(DEV)
	$(BIN)/python -m pytest -q -n 2 -m "not faults and not soak" $(ROOMS)

test-postgresql: $(DEV)
	KEEPWELL_TEST_DATABASE=postgresql $(BIN)/python -m pytest -q -n 2 -m "not faults and not soak and not browser" $(ROOMS)

test-soak: $(DEV)
	$(BIN)/python -m pytest -q -n 2 -m "soak and not spark and not faults" $(BELOW)
	$(BIN)/python -m pytest -q -n 2 -m "soak and not faults" $(ROOMS)

test-spark: $(DEV)
	$(BIN)/python -m pytest -q -m spark $(BELOW)

test-faults: $(DEV)
	$(BIN)/python -m pytest -q -m faults tests/faults

check: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(DEV)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV)
	$(BIN)/python -m bench

bench-decide: $(DEV)
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m bench.market --seeds 30 --progress --json bench/data/market.json

docs: $(DEV)
	$(BIN)/python docs/generate.py

# needs gettext; then translate what is empty in keepwell/web/locale/*/LC_MESSAGES/django.po and run it again
messages: $(DEV)
	cd keepwell/web && ../../$(BIN)/python -m django makemessages -l ko -l pl --no-obsolete --add-location file
	cd keepwell/web && ../../$(BIN)/python -m django compilemessages -v0

lock:
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra server pyproject.toml requirements/build.in -o requirements/runtime.txt
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	  --extra server --extra spark --extra dev pyproject.toml requirements/build.in -o requirements/dev.txt

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 or newer is needed: $(PYTHON) was not found."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V). Try: make demo PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Python's venv is missing; on Debian: apt install python3-venv"; exit 1; }

$(READY): $(VENV)/bin/python requirements/runtime.txt pyproject.toml
	@echo "Setting up (once, about a minute)..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/runtime.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): $(READY) requirements/dev.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info keepwell-data report.html
