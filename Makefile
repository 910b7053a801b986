# Every target makes the virtual environment it needs; nothing but Python >= 3.11, make and git has to be there.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.synced
# With both servers given the wheels of the embedded ones are left out (they don't exist for every platform).
EXTRAS := $(if $(and $(DATABASE_URL),$(REDIS_URL)),,--all-extras)
# Checks must judge production settings, and need no database.
LINT_ENV = DATABASE_URL="postgresql:///none?host=/nonexistent" REDIS_URL="redis://127.0.0.1:1/0" \
	SECRET_KEY="$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	ALLOWED_HOSTS=code-card.example.com BASE_URL=https://code-card.example.com CODECARD_LOCAL= CODECARD_TESTING= DEBUG=

# Each of the many processes of a run would compile all of Django and of the product again: 5 seconds instead of 1.7.
unexport PYTHONDONTWRITEBYTECODE
# Neighbours stay together, so that a browser or a module's servers start once and not in every worker.
IN_PARALLEL := -n auto --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help run test lint bench check-all clean

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

run: $(STAMP) ## Start Code Card on this machine (PORT, CODECARD_HOME, CODECARD_SAMPLE=0, DATABASE_URL, REDIS_URL)
	@$(BIN)/python -m codecard.local run --with-parent

test: $(STAMP) ## Run the tests in parallel; ARGS="-k name tests/teams" runs some of them
	$(BIN)/python -m pytest $(if $(ARGS),$(ARGS),$(IN_PARALLEL))

lint: $(STAMP) ## Style, templates, imports, settings, migrations, types: cheapest first
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@find . -path ./.venv -prune -o -name '*.html' -path '*templates*' -print0 | xargs -0 -r $(BIN)/djade --check --target-version 5.2
	$(BIN)/lint-imports
	@echo "manage.py check --deploy"
	@$(LINT_ENV) $(BIN)/python manage.py check --deploy --fail-level WARNING
	@echo "manage.py makemigrations --check"
	@$(LINT_ENV) $(BIN)/python -W "ignore:Got an error checking a consistent migration history" manage.py makemigrations --check --dry-run
	@echo "mypy --strict"
	@$(LINT_ENV) $(BIN)/mypy --strict .

bench: $(STAMP) ## Measure, and print the table of docs/performance.md
	$(BIN)/python -m bench $(ARGS)

check-all: lint ## Everything: the long tests as well, then the benches
	$(BIN)/python -m pytest $(IN_PARALLEL) -m ""
	$(BIN)/python -m bench

clean: ## Remove what can be made again; the data in .local stay
	rm -rf .venv staticfiles .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Code Card needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
		|| { echo "Python's venv module is missing. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@echo "Installing the dependencies into .venv …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@UV_PROJECT_ENVIRONMENT=.venv $(BIN)/uv sync --quiet --frozen --inexact $(EXTRAS)
	@touch $(STAMP)
