# SPDX-License-Identifier: Apache-2.0
# Each target installs the Debian packages it needs, builds, and does its work; a second run starts at once.

JOBS ?= $(shell nproc)

.PHONY: help build demo test bench nightly check clean

help:
	@echo "make build     the program, at build/release/aloft"
	@echo "make demo      the main job: a pipeline moves to (emulated) Azure and gives identical results"
	@echo "make test      all tests that a change must pass"
	@echo "make bench     the benchmark tables"
	@echo "make nightly   the long suites: sanitizers, real Slurm, longer random runs"
	@echo "make check     what a reviewer wants green: format, headers, tests, sanitizers"

build: build/release/build.ninja
	@cmake --build build/release --target all -- -j$(JOBS)

# Installing comes before configuring; an existing configuration refreshes itself.
build/release/build.ninja:
	@tools/install_packages build
	@cmake --preset release

demo:
	@tools/install_packages build demo
	@$(MAKE) --no-print-directory build
	@demo/run

test:
	@tools/install_packages build test
	@$(MAKE) --no-print-directory build
	@ctest --preset release -L 'unit|integration' --no-tests=error -j$(JOBS) --progress

bench:
	@tools/install_packages build bench
	@$(MAKE) --no-print-directory build
	@bench/run

nightly:
	@tools/install_packages build test nightly
	@tools/nightly

check:
	@tools/install_packages build test
	@tools/check

clean:
	rm -rf build
