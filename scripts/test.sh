#!/usr/bin/env bash
# Runs every suite, cheap ones first, and prints how long each took and how many tests it ran.
#
#   scripts/test.sh              all steps
#   scripts/test.sh tidy kill    only steps of these names
#
# A step that fails does not keep the others from running; the script fails at the end. A suite that ran no test fails.
# All Rust steps but `clippy` and `rustdoc` share one build of the dev profile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

export PATH="$PWD/.cache/cargo/bin:$PATH"
logs="$PWD/.cache/test-logs"
mkdir -p "$logs"

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

# How many tests the output of cargo, vitest, node or Playwright says have passed, without its colours.
count_passed() {
    sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
        /^test result:/ { for (i = 2; i <= NF; i++) if ($i ~ /^passed/) sum += $(i - 1) }
        /^ +Tests +.*[0-9]+ passed/ { for (i = 2; i <= NF; i++) if ($i == "passed") sum += $(i - 1) }
        /^ +[0-9]+ passed \(/ { sum += $1 }
        /^# pass [0-9]+/ { sum += $3 }
        END { print sum + 0 }'
}

# The tests that failed by the output of vitest or cargo, each with the first line of its error. Nothing if it names none.
name_failed() {
    sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
        /^ *FAIL  / { sub(/^ *FAIL +/, ""); print; unexplained = 1; next }
        unexplained && NF { print "    " $0; unexplained = 0 }
        /^---- .* stdout ----$/ { test = $2 }
        test != "" && !(test in why) && (panicked || /^Error: /) { why[test] = $0 }
        { panicked = /^thread .* panicked at / }
        /^failures:$/ { test = ""; listed = 1; next }
        listed && /^    [^ ]+$/ { print $1; if ($1 in why) print "    " why[$1]; next }
        NF { listed = 0 }'
}

# What is worth reading of the output of a step that failed: its tests, else its errors, else its end.
explain() {
    local said
    said=$(name_failed "$1")
    [ -n "$said" ] || said=$(sed 's/\x1b\[[0-9;]*m//g' "$1" | grep -E '^(error|Diff in|\[(warn|error)\])|: error( |:)' || true)
    [ -n "$said" ] || said=$(tail -n 5 "$1")
    printf '%s\n' "$said" | sed -n '1,10p'
}

# $1 `suite` if it runs tests, else `check`; $2 name; the rest the command.
step() {
    local what=$1 name=$2 began=$SECONDS verdict=ok tests=- log
    shift 2
    known+="$name "
    is_wanted "$name" || return 0
    log="$logs/$name.log"
    printf '\n== %s: %s\n' "$name" "$*"
    "$@" 2>&1 | tee "$log" || verdict=FAILED
    if [ "$what" = suite ]; then
        tests=$(count_passed "$log")
        if [ "$tests" -eq 0 ] && [ "$verdict" = ok ]; then
            printf '%s ran no test\n' "$name" | tee -a "$log"
            verdict=FAILED
        fi
    fi
    [ "$verdict" = ok ] || failed+=("$name")
    rows+=("$(printf '%-14s %-7s %7s %6.1f' "$name" "$verdict" "$tests" "$(minutes $((SECONDS - began)))")")
    printf -- '\n-- %s: %s after %s s\n' "$name" "$verdict" "$((SECONDS - began))"
}

minutes() { awk -v seconds="$1" 'BEGIN { printf "%.1f", seconds / 60 }'; }

in_web() { (cd web && "$@"); }

# Everything that tests run is compiled here, so that the minutes of a suite are its own.
build() { cargo test --workspace --lib --bins --tests --no-run; }

rustdoc() { RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet; }

# The test binaries, read from the tree: a suite that is added is run.
rust_suites() {
    local path
    for path in tests/*.rs tests/*/main.rs; do
        [ -e "$path" ] || continue
        path=${path#tests/}
        path=${path%/main.rs}
        printf '%s\n' "${path%.rs}"
    done
}

summary() {
    printf '\n%-14s %-7s %7s %6s\n' step result tests min
    [ "${#rows[@]}" -eq 0 ] || printf '%s\n' "${rows[@]}"
    printf '%-14s %-7s %7s %6.1f\n' all "" "" "$(minutes $((SECONDS - started)))"
}

step check setup scripts/setup.sh test
step check format cargo fmt --all --check
step check deny cargo deny check --hide-inclusion-graph bans licenses sources
step check web-format in_web npm run --silent lint
step check web-types in_web npm run --silent check
step suite web-unit in_web npm run --silent test
# Before anything of Rust is compiled: the pages are part of the binary.
step check web-build in_web npm run --silent build
step check clippy cargo clippy --workspace --all-targets -- -D warnings
step check build build
step suite unit cargo test --workspace --lib --bins
for suite in $(rust_suites); do
    step suite "$suite" cargo test --workspace --test "$suite"
done
step check doc-tests cargo test --workspace --doc
step check rustdoc rustdoc
step suite e2e in_web npm run --silent e2e

summary
for name in "${wanted[@]}"; do
    [[ "$known" == *" $name "* ]] || failed+=("$name (no such step; there are:$known)")
done
if [ "${#failed[@]}" -gt 0 ]; then
    printf '\nfailed: %s\n' "${failed[*]}"
    # Whoever sees only the end of the output learns what it was.
    for name in "${failed[@]}"; do
        [ ! -e "$logs/$name.log" ] || explain "$logs/$name.log" | sed "s/^/  $name: /" | cut -c 1-180
    done | sed -n '1,20p'
    exit 1
fi
