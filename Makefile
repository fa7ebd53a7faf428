# The ways into the project. Each target is a thin name for what a script or cargo does.

.DEFAULT_GOAL := help
.PHONY: help setup run test soak bench pictures audit

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## install what the tests need
	@scripts/setup.sh test

run: ## build everything and start a demo school on 127.0.0.1:8080 (or PREAU_ADDR)
	@scripts/setup.sh run
	@cd web && npm run --silent build
	@cargo build --release --bin preau
	@exec target/release/preau demo

test: ## everything that must pass before a change lands
	@scripts/test.sh

soak: ## the long runs: 200 rounds of kill -9, property tests with 100 times the cases, a million connections, admission
	PREAU_KILL_ROUNDS=200 cargo test --workspace --test integration kill:: -- --nocapture
	PROPTEST_CASES=25600 cargo test --workspace --lib --test broker
	PROPTEST_CASES=1000 cargo test --test digest
	PREAU_SIM_FRESH=2000 PREAU_SIM_MINUTES=90 cargo test --release --test sim fresh -- --nocapture
	PREAU_SIM_FRESH=14 PREAU_SIM_MINUTES=90 PREAU_SIM_SCALE=1 cargo test --release --test sim fresh -- --nocapture
	cargo build --release --bin preau
	cargo build --release -p preau-loadtest
	target/release/preau-loadtest run churn-million
	for scenario in storm overload-1.5 overload-3.4 eight eighteen attackers; do target/release/preau-loadtest run $$scenario --pin || exit; done

bench: ## measure: benchmarks, the load test's gates and a comparison with other servers, in short form
	@scripts/bench.sh

pictures: ## draw the simulated days of docs/OPERATIONS.md anew
	PREAU_SIM_PICTURES=docs/pictures cargo test --release --test sim pictures

audit: ## known vulnerabilities in dependencies (needs the network)
	@scripts/setup.sh test
	.cache/cargo/bin/cargo-deny --workspace check advisories
	cd web && npm audit --audit-level=high
