#!/bin/sh
# Installs what static/sdk/package-lock.json pins (esbuild, tsc), unless it is there already. Without npm: exit 3.
set -u
installed=static/sdk/node_modules/.package-lock.json
command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 || exit 3
[ -e "$installed" ] && ! [ static/sdk/package-lock.json -nt "$installed" ] && exit 0
echo "Installing the snippet's build tools into static/sdk/node_modules"
npm --prefix static/sdk ci --no-audit --no-fund --loglevel=error
