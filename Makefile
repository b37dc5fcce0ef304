# The daily commands. `make help` lists them.
.DEFAULT_GOAL := help
.PHONY: help demo run test stress check audit fmt bench sqlx postgres programs

help: ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: postgres ## the whole way of a mailing on this machine; ARGS="--recipients 20000 --exit"
	@cargo run --release -- demo $(ARGS)

run: postgres ## the service, with its private PostgreSQL unless DATABASE_URL is set
	@cargo run --release -- serve $(ARGS)

test: postgres programs check ## everything that must be right: format, lints, all tests
	cargo test --workspace $(ARGS)

stress: postgres ## the long proof: hundreds of kills; STRESS_SEED=1 STRESS_KILLS=300 STRESS_RECIPIENTS=100000
	STRESS_KILLS=$${STRESS_KILLS:-300} STRESS_RECIPIENTS=$${STRESS_RECIPIENTS:-100000} \
		cargo test --release --test stories stress:: -- --skip event_store --nocapture --test-threads 1

check: ## format, lints, and what dependencies may bring
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --log-level error check --hide-inclusion-graph licenses bans sources; \
		else echo "cargo-deny is not installed, so licenses and sources of dependencies are not checked; make audit installs it"; fi

audit: ## what is known against dependencies; installs cargo-deny, fetches the advisories
	@cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny
	@cargo deny --log-level error check --hide-inclusion-graph || { \
		echo "The dependencies were not found in order, or the advisories could not be fetched: see above."; exit 1; }

fmt: ## format the code
	cargo fmt --all

bench: postgres ## measure the main job and sending; the numbers go into docs/performance.md
	cargo bench --bench main_job --bench sending

sqlx: postgres ## renew .sqlx after a change of SQL or migrations
	tools/sqlx-prepare

postgres: # PostgreSQL's server programs, installed only when none are found
	@tools/postgres-programs --install >/dev/null

programs: # what some stories need besides, installed if it can be
	@tools/test-programs --install
