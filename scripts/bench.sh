#!/bin/sh
# Installs what the benchmarks need (PostgreSQL and py-spy as wheels, Fastify and BullMQ by npm) and runs them.
set -eu
sh scripts/venv.sh embedded,patterns,test,bench
sh scripts/debian.sh redis node
installed=bench/peer/node_modules/.package-lock.json
if [ ! -e "$installed" ] || [ bench/peer/package-lock.json -nt "$installed" ]; then
    echo "Installing the collector's peer into bench/peer/node_modules"
    npm --prefix bench/peer ci --no-audit --no-fund --loglevel=error
fi
exec .venv/bin/python -m bench "$@"
