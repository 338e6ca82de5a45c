# Two commands do all the set-up: `make demo` and `make test`. Everything lives in .venv; nothing else is touched.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo up test check bench lock clean

install: .venv/run

.venv/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "opos needs Python 3.11 or newer; name one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { rm -rf .venv; echo "This Python cannot make a virtual environment (on Debian: apt install python3-venv)"; exit 1; }
	@touch $@

.venv/run: .venv/pip requirements.txt pyproject.toml shared/version.py
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

.venv/dev: .venv/run requirements-dev.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

demo: install
	@$(BIN)/opos demo

up: install
	@$(BIN)/opos up

.venv/infra/ready: .venv/pip infra/requirements.txt
	@$(PYTHON) -m venv .venv/infra
	@.venv/infra/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r infra/requirements.txt
	@touch $@

# Schemathesis gives all tests of a description one name, of which two processes would run but one.
ONE_NAME := tests/conformance/test_openapi.py

# A commit whose tests have passed may be deployed: the last line notes which.
test: .venv/dev .venv/infra/ready
	$(BIN)/python -m pytest -n 2 --dist loadfile --ignore $(ONE_NAME)
	$(BIN)/python -m pytest $(ONE_NAME)
	.venv/infra/bin/python -m pytest infra
	@$(BIN)/python -m opos.deploy.source

check: .venv/dev .venv/infra/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	.venv/infra/bin/mypy --config-file infra/mypy.ini

# Readings beside peers and limits; NAME=intake for one. Wants a machine that does nothing else, and loopback only.
bench: .venv/dev
	@$(BIN)/python -m bench $(NAME)

# Renews the lock files. They hold versions and hashes, and no address to download from.
lock: .venv/pip
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url -c requirements.txt --group dev pyproject.toml -o requirements-dev.txt
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url infra/requirements.in -o infra/requirements.txt

clean:
	rm -rf .venv .opos .cache
