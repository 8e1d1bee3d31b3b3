#!/bin/sh
# Fetches what the snippet is measured against (bench/sdk/package.json) and Chromium, and measures.
set -eu
sh scripts/venv.sh embedded,patterns,test
sh scripts/debian.sh chromium node
room=bench/sdk
built=$room/build/umami.js
if [ ! -e "$built" ] || [ "$room/package-lock.json" -nt "$built" ] || [ "$room/bundles.mjs" -nt "$built" ]; then
    echo "Installing the snippet's peers into $room/node_modules"
    npm --prefix "$room" ci --no-audit --no-fund --loglevel=error
    umami=umami-$(node -p "require('./$room/package.json').umami.version")
    mkdir -p "$room/build"
    npm pack --silent --pack-destination "$room/build" "umami@${umami#umami-}" >/dev/null
    node "$room/bundles.mjs" "$room/build/$umami.tgz"
fi
exec .venv/bin/python -m bench.sdk "$@"
