# Short names for the project's commands; each works as well when typed in full.

# A small shop, a twin of Braze, two runs; leaves the API up.
demo *args:
    cargo run --release -p sluice -- demo {{args}}

# Every test. Builds the components it needs.
test:
    cargo test --workspace

# What CI checks, in CI's order.
ci:
    bash .ci/run

# Formatting and lints.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# The benchmark of first light: instance start, rows per CPU second from Parquet to a plain sink, memory, ratios to native floors. With
# `--postgresql "host=… port=… user=… dbname=…"`: a million users out of a server of its own, beside the native floor. With `--platforms`:
# what Iterable, Klaviyo and Meta Ads cost. With `--guests -`: what a row costs in the sandbox alone, to one part in a hundred.
bench *args:
    cargo run --release -p sluice-tests --bin bench -- {{args}}

# What the sandbox costs: load, start, calls, a thousand live instances.
costs *args:
    cargo bench -p sluice-sandbox --bench costs -- {{args}}

# Three segment questions over 25 million events beside DuckDB: `just segments --data DIR`, made by gen_data.py of the yardsticks.
segments *args:
    cargo bench -p sluice-query --bench segments -- {{args}}
