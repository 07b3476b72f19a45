# The one interface: people, CI and hooks call these targets. Rust, Python 3.11 or later and make are all that must be there.

PYTHON ?= python3
PYTEST_ARGS ?=
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?=
SANITIZED ?= target/asan
SANITIZE_TESTS ?= tests/test_dpkt.py tests/dpkt_api tests/test_capture.py tests/test_streams.py tests/test_bad_input.py tests/test_export.py tests/test_flows.py tests/test_read_flows.py tests/test_parallel.py

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet

RUST := Cargo.toml Cargo.lock pyproject.toml $(shell find src -name '*.rs')
NOTEBOOKS := $(wildcard examples/*.ipynb)
# Development tools contain all that the demo needs: where they are installed, one build serves both.
DEMO_ENVIRONMENT := $(if $(wildcard $(VENV)/.stamp-dev),dev,plot)
# Modules of the installed dpkt that are found through our package.
DPKT_MODULES = $(shell $(BIN)/python -c 'from pcapframe.dpkt._extra import MODULES; print("|".join(sorted(MODULES)))')
# What stubtest takes for a difference, but is none: it knows no aliases of Literal, and not what functools.cache keeps of a
# function; modules of dpkt have no types, and are not ours.
STUBTEST_ALLOWED = pcapframe\.timeline\.Value|pcapframe\.reading\.OnError|pcapframe\.flows\.Schema|pcapframe\.plot\._capture\.(Port|Scale)|pcapframe\.detect\.(_match\.Kind|_packets\.Source|volume_anomaly\.Method)|pcapframe\.dpkt\.radiotap\._payload_class|pcapframe\.dpkt\.($(DPKT_MODULES))

# One a line, from the one place that names them.
BUILD_REQUIRES := import tomllib; \
  print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

.PHONY: help demo test lint stubs fix generate bench fuzz sanitize notebooks clean
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

help: ## list the targets
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "make %-10s %s\n", $$1, $$2 }'

demo: $(VENV)/.stamp-$(DEMO_ENVIRONMENT) ## analyse examples/data/lab.pcap and write plots to examples/plots/
	MPLBACKEND=Agg $(BIN)/python examples/demo.py

test: $(VENV)/.stamp-dev ## test the core with cargo, the package with pytest (PYTEST_ARGS=...)
	cargo test --no-default-features
	MPLBACKEND=Agg $(BIN)/python -m pytest $(PYTEST_ARGS)

lint: $(VENV)/.stamp-dev ## check style, lints, types, stubs and generated files; change nothing
	cargo fmt --check
	cargo fmt --check --manifest-path fuzz/Cargo.toml
	cargo clippy --all-targets -- --deny warnings
	cargo clippy --all-targets --no-default-features -- --deny warnings
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python tools/generate.py --check
	@$(MAKE) --no-print-directory stubs

stubs: $(VENV)/.stamp-dev ## compare the type stubs with the extension as it was built
	$(BIN)/python -m mypy.stubtest --mypy-config-file pyproject.toml pcapframe._core
	printf '%s\n' '$(STUBTEST_ALLOWED)' | \
	  $(BIN)/python -m mypy.stubtest --mypy-config-file pyproject.toml --allowlist /dev/stdin pcapframe

fix: $(VENV)/.stamp-dev ## mend what the linters can mend
	cargo clippy --fix --allow-dirty --allow-staged --all-targets
	cargo fmt
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

generate: $(VENV)/.stamp-dev ## write again what follows from the column table
	$(BIN)/python tools/generate.py

bench: $(VENV)/.stamp-dev ## measure reading speed; writes benches/README.md and the README's chart
	$(BIN)/python benches/speed.py
	$(BIN)/python benches/objects.py
	$(BIN)/python benches/streams.py
	$(BIN)/python benches/flows.py
	$(BIN)/python benches/report.py

fuzz: ## run fuzz targets for FUZZ_SECONDS each (60), all or FUZZ_TARGETS; prints executions and crashes
	$(PYTHON) fuzz/run.py --seconds $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# Miri for what threads write. The extension with AddressSanitizer for the border to Python, in a package of its own that shadows
# the installed one: the sanitizer's runtime must be in the process before Python is, and Python's own allocator would hide from it.
# It keeps what was freed for a while, so tests of how much memory is taken are left out.
sanitize: HOST = $(shell rustc -vV | sed -n 's/^host: //p')
sanitize: SUFFIX = $(shell $(BIN)/python -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')
sanitize: $(VENV)/.stamp-dev ## watch all that is unsafe: Miri, and SANITIZE_TESTS with AddressSanitizer; needs nightly Rust and gcc
	MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test --no-default-features --lib columns::store
	RUSTFLAGS=-Zsanitizer=address CARGO_PROFILE_DEV_OPT_LEVEL=1 PYO3_PYTHON=$(BIN)/python \
	  cargo +nightly build --lib --target $(HOST) --target-dir $(SANITIZED)
	rm -rf $(SANITIZED)/python && cp -r python $(SANITIZED)/python && rm -f $(SANITIZED)/python/pcapframe/_core*.so
	cp $(SANITIZED)/$(HOST)/debug/libpcapframe.so $(SANITIZED)/python/pcapframe/_core$(SUFFIX)
	LD_PRELOAD=$$(gcc -print-file-name=libasan.so) ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 PYTHONMALLOC=malloc \
	  MPLBACKEND=Agg PYTHONPATH=$(SANITIZED)/python $(BIN)/python -m pytest -k 'not memory' $(PYTEST_ARGS) $(SANITIZE_TESTS)

# In examples/, as Jupyter does; a cell that takes longer than two minutes is a fault.
notebooks: $(VENV)/.stamp-notebook ## execute examples/*.ipynb; results go to build/notebooks/
	$(BIN)/jupyter nbconvert --to notebook --execute --ExecutePreprocessor.timeout=120 \
	  --output-dir build/notebooks $(NOTEBOOKS)

clean: ## remove all that was built, .venv included
	rm -rf $(VENV) target build dist fuzz/target fuzz/corpus fuzz/logs examples/plots python/pcapframe/_core*.so
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find python tests tools benches examples -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# Environments. pip builds with the maturin in .venv, in this folder: cargo finds its own results in target/ again.

$(VENV)/.stamp-venv:
	@command -v cargo >/dev/null || { echo "make: Rust is missing, see https://rustup.rs" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "make: Python 3.11 or later is needed: make PYTHON=python3.11" >&2; exit 1; }
	@echo "creating $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.stamp-build: pyproject.toml $(VENV)/.stamp-venv
	@$(BIN)/python -c '$(BUILD_REQUIRES)' >$(VENV)/build-requires.txt
	@$(PIP) --requirement $(VENV)/build-requires.txt
	@touch $@

$(VENV)/.stamp-plot $(VENV)/.stamp-notebook $(VENV)/.stamp-dev: $(VENV)/.stamp-%: $(RUST) $(VENV)/.stamp-build
	@echo "building pcapframe and installing it with its extra '$*' (the first time this takes minutes)"
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) --no-build-isolation --editable '.[$*]'
	@touch $@
