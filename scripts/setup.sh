#!/usr/bin/env bash
# Installs what running and testing préau needs and this machine lacks. Safe to run again: what is there is left alone.
#
#   scripts/setup.sh run    what `make run` needs: the web app's packages
#   scripts/setup.sh test   that, and what `make test` needs: Debian packages, Python and Node clients, cargo-deny
#   scripts/setup.sh bench  what `make bench` needs: the servers that it compares with, but for Sockudo, which takes
#                           too long to compile: `cargo install sockudo --locked` (it wants protoc)
#
# Everything but the Debian packages lands below .cache/ and the node_modules folders.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

cargo_deny_version=0.20.2
node_min=20.19
python_minor_min=10

cache="$PWD/.cache"
mkdir -p "$cache"

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

need_rust() {
    has cargo || fail "cargo is missing: install Rust by https://rustup.rs; rust-toolchain.toml picks the version"
}

need_node() {
    has node && has npm || fail "node is missing: install Node.js $node_min or newer, with npm"
    node --eval "
        const number = (version) => { const [major, minor] = version.split('.'); return major * 1000 + Number(minor); };
        process.exit(number(process.versions.node) < number('$node_min') ? 1 : 0);" ||
        fail "node is $(node --version): install Node.js $node_min or newer"
}

need_python() {
    has python3 || fail "python3 is missing: install Python 3.$python_minor_min or newer"
    python3 -c "import sys; sys.exit(sys.version_info < (3, $python_minor_min))" ||
        fail "python3 is too old: install Python 3.$python_minor_min or newer"
}

# The Debian packages that are missing. Their versions are the release's: a security update removes the version before
# it from the archive, so a pinned one would not install for long.
missing_packages() {
    has cc || echo build-essential
    has curl || echo curl
    has strace || echo strace
    has openssl || echo openssl
    has chromium || has chromium-browser || has google-chrome || echo chromium
    has python3 || echo python3
    { has python3 && python3 -c 'import ensurepip' 2>/dev/null; } || echo python3-venv
}

missing_peers() {
    has cc || echo build-essential
    [ -x /usr/sbin/nginx ] || echo nginx
    [ -e /usr/lib/nginx/modules/ngx_nchan_module.so ] || echo libnginx-mod-nchan
    { has python3 && python3 -c 'import ensurepip' 2>/dev/null; } || echo python3-venv
}

# While it runs, no service of a package is started: we want nginx's program, not a web server.
without_services() {
    local policy=/usr/sbin/policy-rc.d written=no result=0
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
        "${as_root[@]}" chmod +x "$policy"
        written=yes
    fi
    "$@" || result=$?
    [ "$written" = no ] || "${as_root[@]}" rm "$policy"
    return "$result"
}

# $1 what lists the packages that are missing; the rest, if any, runs the installation.
install_packages() {
    local packages as_root=() list=$1
    shift
    mapfile -t packages < <("$list")
    if [ "${#packages[@]}" -eq 0 ]; then
        say "system packages: all there"
        return
    fi
    has apt-get || fail "install by hand, since this is not a Debian system: ${packages[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        has sudo || fail "install as root: apt-get install ${packages[*]}"
        as_root=(sudo)
    fi
    say "system packages: installing ${packages[*]}"
    "${as_root[@]}" apt-get -o DPkg::Lock::Timeout=600 update -qq
    "$@" "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y -qq --no-install-recommends \
        "${packages[@]}" >/dev/null
}

# Runs a command in a folder unless what it made was made from the same lock file. $1 folder, $2 lock file,
# $3 what it makes, the rest the command.
once_per_lock() {
    local folder=$1 lock=$2 made=$3 sum stamp
    shift 3
    [ -f "$folder/$lock" ] || fail "$folder/$lock is missing"
    sum=$(sha256sum "$folder/$lock" | cut -d ' ' -f 1)
    stamp="$made/.preau-lock-${folder//\//-}"
    if [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then
        say "$folder: up to date"
        return
    fi
    say "$folder: $*"
    (cd "$folder" && "$@")
    printf '%s\n' "$sum" >"$stamp"
}

install_node_packages() {
    once_per_lock "$1" package-lock.json "$1/node_modules" npm ci --no-audit --no-fund --loglevel=error
}

install_python_packages() {
    local venv="$cache/venv"
    [ -x "$venv/bin/python" ] || python3 -m venv "$venv"
    once_per_lock "$1" requirements.txt "$venv" \
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
}

# A debug build: it takes half the time to compile and a second longer to run.
install_cargo_deny() {
    local there
    there=$("$cache/cargo/bin/cargo-deny" --version 2>/dev/null || true)
    if [ "$there" = "cargo-deny $cargo_deny_version" ]; then
        say "cargo-deny $cargo_deny_version: there"
        return
    fi
    say "cargo-deny $cargo_deny_version: compiling, once, for some minutes"
    cargo install cargo-deny --version "$cargo_deny_version" --locked --debug --quiet --force --root "$cache/cargo"
}

case "${1:-}" in
run)
    need_rust
    need_node
    install_node_packages web
    ;;
test)
    install_packages missing_packages
    need_rust
    need_node
    need_python
    install_node_packages web
    install_node_packages tests/foreign
    install_python_packages tests/foreign
    install_cargo_deny
    ;;
bench)
    install_packages missing_peers without_services
    need_rust
    need_node
    need_python
    install_node_packages web
    install_node_packages loadtest/peers/ws
    install_python_packages loadtest/peers
    ;;
*)
    fail "usage: scripts/setup.sh run|test|bench"
    ;;
esac
