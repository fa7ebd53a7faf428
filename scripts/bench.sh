#!/usr/bin/env bash
# Measures: the benchmarks, the load test's scenarios at full size against their gates (about 20 minutes), what the door
# costs, and a short comparison with other servers. Fails if a gate is red; ends with a table.
#
#   scripts/bench.sh             all steps
#   scripts/bench.sh idle burst  only steps of these names, on what is built already
#
# What it writes lies in .cache/bench/. A step that fails does not keep the others from running.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# The scenarios that decide. `school-day` is run by hand, `churn-million` and admission at full size by `make soak`: they
# take longer.
scenarios=(idle fanout burst classroom handshakes mixed slow-readers churn overload-small)
out="$PWD/.cache/bench"
mkdir -p "$out"

wanted=("$@")
known=" "
started=$SECONDS
rows=()
failed=()

is_wanted() {
    local name
    [ "${#wanted[@]}" -eq 0 ] && return 0
    for name in "${wanted[@]}"; do
        [ "$name" = "$1" ] && return 0
    done
    return 1
}

minutes() { awk -v seconds="$1" 'BEGIN { printf "%.1f", seconds / 60 }'; }

# $1 name, the rest the command.
step() {
    local name=$1 began=$SECONDS verdict=ok
    shift
    known+="$name "
    is_wanted "$name" || return 0
    printf '\n== %s: %s\n' "$name" "$*"
    "$@" 2>&1 | tee "$out/$name.log" || verdict=FAILED
    [ "$verdict" = ok ] || failed+=("$name")
    rows+=("$(printf '%-14s %-7s %6s' "$name" "$verdict" "$(minutes $((SECONDS - began)))")")
    printf -- '\n-- %s: %s after %s s\n' "$name" "$verdict" "$((SECONDS - began))"
}

web_build() { (cd web && npm run --silent build); }

# Not in one command: with the example's features on, axum's `ws` would be compiled into the hub as well.
build() {
    cargo build --release --bin preau
    cargo build --release -p preau-loadtest
    cargo build --release -p preau-loadtest --example axum_hub
}

step setup scripts/setup.sh bench
step web-build web_build
step build build
step benches cargo bench --workspace --bench '*'
for scenario in "${scenarios[@]}"; do
    pin=()
    # What divides by the floor is measured as the floor is: the server on one CPU, the clients on the other.
    case "$scenario" in fanout | burst | classroom | handshakes | overload-small) pin=(--pin) ;; esac
    step "$scenario" target/release/preau-loadtest run "$scenario" "${pin[@]}" --out "$out/$scenario"
done
step door target/release/preau-loadtest door --pin --out "$out/door"
step compare target/release/preau-loadtest compare --quick --out "$out/BENCHMARKS.md" --json "$out/comparison.json"

printf '\n%-14s %-7s %6s\n' step result min
[ "${#rows[@]}" -eq 0 ] || printf '%s\n' "${rows[@]}"
printf '%-14s %-7s %6s\n' all "" "$(minutes $((SECONDS - started)))"
for name in "${wanted[@]}"; do
    [[ "$known" == *" $name "* ]] || failed+=("$name (no such step; there are:$known)")
done
if [ "${#failed[@]}" -gt 0 ]; then
    printf '\nfailed: %s\n' "${failed[*]}"
    exit 1
fi
