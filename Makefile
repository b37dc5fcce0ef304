# The daily commands. `make help` lists them.
.DEFAULT_GOAL := help
# With these, cargo makes the documentation of the libraries whose examples it runs; a link that leads nowhere is an error.
EXAMPLES := RUSTDOC=$(CURDIR)/tools/rustdoc-and-links DOC_DIR=$(CURDIR)/target/doc
.PHONY: help demo run test pictures rules stories stress check tidy docs audit fmt renew bench sqlx postgres programs

help: ## list the commands
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

demo: postgres ## the whole way of a mailing on this machine; ARGS="--recipients 20000 --exit"
	@cargo run --profile quick --no-default-features --locked -- demo $(ARGS)

run: postgres ## the service, with its private PostgreSQL unless DATABASE_URL is set
	@cargo run --release --locked -- serve $(ARGS)

# Compilers that lint what they compile. `cargo clippy` looks at all dependencies once more than the tests compile them, which took
# as long as compiling them; this is what it does inside, and what is compiled is run. Without it, `cargo clippy` comes first.
LINTING := $(if $(shell command -v clippy-driver),RUSTC_WORKSPACE_WRAPPER=clippy-driver \
	CLIPPY_ARGS=-D__CLIPPY_HACKERY__warnings__CLIPPY_HACKERY__)

# The documentation is made from what was compiled for the tests, and before the long ones begin.
test: postgres programs tidy ## everything that must be right: format, lints, documentation, all tests
	$(if $(LINTING),,cargo clippy --workspace --all-targets --locked -- -D warnings)
	$(LINTING) cargo test --workspace --all-targets --locked --no-run
	$(LINTING) $(EXAMPLES) cargo test --workspace --locked --doc
	PICTURES=$(CURDIR)/target/pictures $(LINTING) cargo test --workspace --locked --lib --bins --examples --tests $(ARGS)

pictures: postgres programs ## pictures of all screens in all languages, colours and widths, in target/pictures; and those of docs/pages.md anew
	PICTURES=$(CURDIR)/target/pictures PICTURES_ALL=1 PICTURES_DOCS=$(CURDIR)/docs/pictures \
		cargo test --locked --test stories -- pages::look::every pages::pictures

rules: ## the tests without a database: what is decided, and examples in the documentation
	cargo test --workspace --locked --lib --bins $(ARGS)
	$(EXAMPLES) cargo test --workspace --locked --doc $(ARGS)

stories: postgres programs ## the tests of the whole against a real PostgreSQL and a real SMTP server; ARGS=relays::
	cargo test --locked --test stories $(ARGS)

stress: postgres ## the long proof: hundreds of kills; STRESS_SEED=1 STRESS_KILLS=300 STRESS_RECIPIENTS=100000
	STRESS_KILLS=$${STRESS_KILLS:-300} STRESS_RECIPIENTS=$${STRESS_RECIPIENTS:-100000} \
		cargo test --profile quick --no-default-features --locked --test stories stress:: -- --skip event_store --nocapture --test-threads 1

check: tidy ## format, lints, snapshots, and what dependencies may bring
	cargo clippy --workspace --all-targets --locked -- -D warnings

tidy:
	cargo fmt --all --check
	@left=$$(find . -path ./target -prune -o -name '*.snap.new' -print); test -z "$$left" || { \
		echo "Snapshots that nobody has accepted or thrown away:"; echo "$$left"; exit 1; }
	@if cargo machete --version >/dev/null 2>&1; then cargo machete; \
		else echo "cargo-machete is not installed: unused dependencies of tests and benches go unseen; make audit installs it"; fi
	@if cargo deny --version >/dev/null 2>&1; then cargo deny --locked --log-level error check --hide-inclusion-graph licenses bans sources; \
		else echo "cargo-deny is not installed: licences and sources are looked at by a test (tests/dependencies.rs) only; make audit installs it"; fi

# The examples are asked for so that the dependencies have the same features as for the lints, and are looked at once for both.
docs: ## the documentation of the code; a link that leads nowhere is an error
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --lib --bins --examples --locked --quiet

audit: ## what is known against dependencies; installs cargo-deny and cargo-machete, fetches the advisories
	@cargo deny --version >/dev/null 2>&1 || cargo install --locked cargo-deny
	@cargo machete --version >/dev/null 2>&1 || cargo install --locked cargo-machete
	@cargo machete
	@cargo deny --locked --log-level error check --hide-inclusion-graph || { \
		echo "The dependencies were not found in order, or the advisories could not be fetched: see above."; exit 1; }

fmt: ## format the code
	cargo fmt --all

renew: ## write anew what is made of the code: schema, docs/errors.md, .env.example; then look at the difference
	UPDATE_SCHEMA=1 INSTA_UPDATE=always cargo test --workspace --locked --lib --no-fail-fast
	find . -path ./target -prune -o -name '*.snap.new' -exec rm {} +

bench: postgres ## measure the main job, sending, bursts, suppression, pages, reading and replays; the numbers go into docs/performance.md; ARGS=--quick
	cargo bench --locked --bench main_job --bench sending --bench bursts --bench suppressions --bench pages --bench reads --bench replay -- $(ARGS)

sqlx: postgres ## renew .sqlx after a change of SQL or migrations
	tools/sqlx-prepare

postgres: # PostgreSQL's server programs, installed only when none are found
	@tools/postgres-programs --install >/dev/null

programs: # what some stories need besides, installed if it can be
	@tools/test-programs --install
