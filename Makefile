# `make demo` and `make test` install everything they need into .venv. `make UV=` installs with pip although uv is there.
PYTHON ?= python3
BIN := .venv/bin
UV ?= $(shell command -v uv 2>/dev/null)
# The installer for a virtual environment: uv, which is faster, or pip. Both check the hashes of the lock files.
with_uv = $(UV) pip install -q --python $(1)/bin/python
with_pip = $(1)/bin/python -m pip install -q --disable-pip-version-check
installer = $(if $(UV),$(with_uv),$(with_pip))
# Says what happens and how long it took; of a command that fails, also what it printed.
step = @printf '%-60s' '$(1)'; began=$$(date +%s); printed=$$({ $(2); } 2>&1) || \
  { echo failed; echo "$$printed"; exit 1; }; echo "$$(( $$(date +%s) - began )) s"
BY := $(if $(UV),uv,pip)

# Python keeps what it has compiled: the tests start hundreds of processes, and each would compile its modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install demo up test test-slow test-infra test-all test-counterparts check bench lock clean

install: .venv/run

.venv/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "opos needs Python 3.11 or newer; choose one with: make PYTHON=python3.12"; exit 1; }
	$(call step,Creating .venv,$(PYTHON) -m venv .venv || \
	  { rm -rf .venv; echo "This Python cannot create a virtual environment (on Debian: apt install python3-venv)"; false; })
	@touch $@

.venv/run: .venv/pip requirements.txt pyproject.toml shared/version.py
	$(call step,Installing the packages of requirements.txt with $(BY),$(call installer,.venv) --require-hashes -r requirements.txt)
	$(call step,Installing opos as $(BIN)/opos,$(call installer,.venv) --no-deps -e .)
	@touch $@

.venv/dev: .venv/run requirements-dev.txt
	$(call step,Installing the packages of requirements-dev.txt with $(BY),$(call installer,.venv) --require-hashes -r requirements-dev.txt)
	@touch $@

demo: install
	@$(BIN)/opos demo

up: install
	@$(BIN)/opos up

.venv/infra/ready: .venv/pip infra/requirements.txt
	$(call step,Creating .venv/infra,$(PYTHON) -m venv .venv/infra)
	$(call step,Installing the packages of infra/requirements.txt with $(BY),$(call installer,.venv/infra) --require-hashes -r infra/requirements.txt)
	@touch $@

# The tiers of the tests are marks (pyproject.toml). Each test belongs to one of `test`, `test-slow` and `test-counterparts`,
# except the property tests: test-slow runs them again with four times the examples (tests/conftest.py).
PYTEST := $(BIN)/python -m pytest --durations=10 --durations-min=1
FAST := not slow and not emulators and not counterparts
SLOW := (slow or emulators or hypothesis) and not counterparts
# Schemathesis gives all tests of an API description the same name, and pytest-xdist would run only one of them.
ONE_NAME := tests/conformance/test_openapi.py
TWO_PROCESSES := -n 2 --dist loadfile -p no:schemathesis --ignore $(ONE_NAME)
# In the order of the folders, the units come last: they are short, so that neither process waits long for the other.
BY_FOLDER := --no-loadscope-reorder
# The slow tests mostly wait: for back-off, leases and processes that start.
THREE_PROCESSES := $(subst -n 2,-n 3,$(TWO_PROCESSES))

# Needs only Python, and takes less than five minutes on two cores.
test: .venv/dev
	$(PYTEST) $(TWO_PROCESSES) $(BY_FOLDER) -m "$(FAST)"

test-slow: .venv/dev
	OPOS_TEST_PROFILE=thorough $(PYTEST) $(THREE_PROCESSES) -m "$(SLOW)"
	$(PYTEST) $(ONE_NAME)

test-infra: .venv/infra/ready
	.venv/infra/bin/python -m pytest infra

# Everything except the counterparts. The last line records the commit, which may then be deployed.
test-all: test test-slow test-infra
	@$(BIN)/python -m opos.deploy.source

# Real Prometheus, Alertmanager, Chromium and npm packages; `.ci/run` installs them.
test-counterparts: .venv/dev
	$(PYTEST) $(TWO_PROCESSES) -m counterparts

check: .venv/dev .venv/infra/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	.venv/infra/bin/mypy --config-file infra/mypy.ini

# Compares opos with its peers and with limits; NAME=intake runs one benchmark. Needs an idle machine; uses only loopback.
bench: .venv/dev
	@$(BIN)/python -m bench $(NAME)

# Updates the lock files. They contain versions and hashes, but no index URL.
lock: .venv/pip
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url -c requirements.txt --group dev pyproject.toml -o requirements-dev.txt
	$(BIN)/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url infra/requirements.in -o infra/requirements.txt

# Removes what make and the tests create. Never .opos: it holds what the bundle has accepted.
clean:
	rm -rf .venv .cache
