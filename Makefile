# One door: `make` lists what there is. Everything lands in .venv/ and var/.
.DEFAULT_GOAL := help
.PHONY: help run test test-all pictures catalogs bench bench-all check lock clean
SHELL := /bin/bash
PYTHON ?= python3
PY := .venv/bin/python
# A process for each processor, with a home and a database of its own; the tests of a file stay
# together, and files are taken in the order of tests/conftest.py.
BESIDE := -n logical --maxprocesses 8 --dist loadfile --no-loadscope-reorder

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

.venv/base.txt: requirements/base.txt
	@$(PYTHON) requirements/bootstrap.py base

.venv/dev.txt: requirements/dev.txt
	@$(PYTHON) requirements/bootstrap.py dev

run: .venv/base.txt ## Start Daybook: database, demo ledger, web server and worker (PORT=8000 HOST=127.0.0.1)
	@exec $(PY) manage.py run

test: .venv/dev.txt ## Run the whole suite on a database of its own, slow kinds at the scale of seconds
	@$(PY) -m tests.debian
	@DAYBOOK_HOME=var/test $(PY) -m pytest --create-db $(BESIDE)
	@DAYBOOK_HOME=var/test $(PY) -m tests.next_django $(BESIDE)

test-all: .venv/dev.txt ## Run the whole suite with the slow kinds in full
	@$(PY) -m tests.debian
	@DAYBOOK_HOME=var/test $(PY) -m pytest --create-db --all

pictures: .venv/dev.txt ## Take the pictures of docs/ anew, of the demo ledger
	@rm -rf var/test/screenshots/docs
	@DAYBOOK_HOME=var/test $(PY) -m pytest -q --create-db tests/browser/test_pictures.py -k taken
	@cp var/test/screenshots/docs/*.png docs/pictures/

bench: .venv/dev.txt ## Measure ours and the alternatives for five minutes (needs wrk)
	@DAYBOOK_HOME=var/bench $(PY) -m tests.benchmarks

bench-all: .venv/dev.txt ## The same in full: hours; it goes on where it was stopped
	@DAYBOOK_HOME=var/bench $(PY) -m tests.benchmarks --full

check: .venv/dev.txt ## Ruff, mypy, import contracts, missing migrations
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy .
	@$(PY) -c 'import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())'
	@$(PY) manage.py makemigrations --check --dry-run

lock: ## Compile requirements/*.txt anew (needs uv)
	uv pip compile pyproject.toml -c requirements/lts.in --universal --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -o requirements/base.txt
	uv pip compile pyproject.toml -c requirements/lts.in --extra dev --universal --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -o requirements/dev.txt
	uv pip compile pyproject.toml -c requirements/next.in --extra dev --python-version 3.12 --universal --generate-hashes --no-emit-index-url --custom-compile-command "make lock" -o requirements/next.txt

catalogs: .venv/dev.txt ## Bring the translations in config/locale up to date (needs gettext)
	@$(PY) -m tests.catalogs

clean: ## Remove the environment and caches; var/ (your data) stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
