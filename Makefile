.DEFAULT_GOAL := help
.PHONY: help up test soak lint format sdk bench bench-sdk fuzz-links clean

help: ## Print this menu
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: ## Run everything in one terminal; options: make up ARGS="--port 8123 --data DIR"
	@sh scripts/venv.sh embedded,patterns && exec .venv/bin/cueline up $(ARGS)

test: ## Install what the tests need and run them; some: make test ARGS="tests/deeplinks -x"
	@sh scripts/test.sh $(ARGS)

soak: ## Let the long tests run, each for S seconds where it can go on: make soak S=600 ARGS="tests/faults"
	@SOAK_S=$(or $(S),60) sh scripts/test.sh -m soak --timeout 0 $(ARGS)

lint: ## Check format, style, types and import directions
	@sh scripts/lint.sh

format: ## Format the code and mend what ruff can mend
	@sh scripts/venv.sh embedded,patterns,test,lint && .venv/bin/ruff check --fix . ; .venv/bin/ruff format .

sdk: ## Build the snippet from static/sdk into the package
	@sh scripts/npm.sh && npm --prefix static/sdk run --silent build

bench: ## Measure collector, drain and latency beside their peers; make bench ARGS="--quick"
	@sh scripts/bench.sh $(ARGS)

bench-sdk: ## Measure the snippet beside its peers in Chromium; make bench-sdk ARGS="--quick leave"
	@sh scripts/bench-sdk.sh $(ARGS)

fuzz-links: ## Let both deep-link parsers read random texts: make fuzz-links N=1000000
	@CUELINE_FUZZ_LINKS=$(or $(N),1000000) sh scripts/test.sh tests/deeplinks/test_agreement.py --timeout 0

clean: ## Remove what was built and installed here; cueline-data stays
	rm -rf .venv build static/sdk/node_modules bench/peer/node_modules bench/sdk/node_modules bench/sdk/build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
