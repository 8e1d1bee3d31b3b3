#!/bin/sh
# All checks that need no server: format, lint, types, import directions; the snippet's types where Node is.
set -u
sh scripts/venv.sh embedded,patterns,test,lint || exit 1
failed=""
check() {
    name=$1
    shift
    echo "== $name"
    "$@" || failed="$failed $name"
}
check ruff .venv/bin/ruff check .
check format .venv/bin/ruff format --check .
check mypy .venv/bin/mypy
check imports .venv/bin/lint-imports --no-logo
if sh scripts/npm.sh; then
    check tsc npm --prefix static/sdk run --silent types
elif [ "${CI:-}" = true ]; then
    failed="$failed tsc(no npm)"
else
    echo "== tsc: left out, there is no npm"
fi
[ -z "$failed" ] || { echo "Failed:$failed"; exit 1; }
echo "All checks passed"
