#!/bin/sh
# Makes .venv and installs Cueline into it, editable, with the extras that it is given: scripts/venv.sh embedded,test
# A stamp remembers what was installed from which setup.cfg and where, so that the next call takes no time, a changed
# setup.cfg installs again, and an install that was broken off is begun again.
set -eu
extras=$1
python=.venv/bin/python
stamp=.venv/.installed-$extras
wanted="$(pwd) $(cat setup.cfg pyproject.toml | cksum)"
export PIP_DISABLE_PIP_VERSION_CHECK=1

if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && "$python" -c '' 2>/dev/null; then
    exit 0
fi
if ! "$python" -m pip --version >/dev/null 2>&1; then
    base=$(sh scripts/python.sh)
    echo "Making .venv with $base"
    "$base" -m venv --clear .venv
fi
echo "Installing Cueline and what it needs into .venv (once; about a minute)"
if ! "$python" -m pip install --quiet --editable ".[$extras]"; then
    echo "pip could not install Cueline; the lines above say why. Run the same command again once that is mended." >&2
    exit 1
fi
echo "$wanted" >"$stamp"
