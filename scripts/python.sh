#!/bin/sh
# Prints the Python to make .venv with. 3.12 and 3.11 come first: the extra `embedded` has its Redis for those two.
# A name on PATH proves nothing (a pyenv shim answers for versions that are not there, Debian's python3 may lack
# venv), so each is tried. PYTHON=/path/to/python decides it by hand.
set -u
runs='import ensurepip, sys, venv; print(sys.executable); sys.exit(sys.version_info < (3, 11))'
new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

for name in ${PYTHON:-python3.12 python3.11 python3 python3.13 python3.14 python}; do
    found=$("$name" -c "$runs" 2>/dev/null) && echo "$found" && exit 0
done

name=${PYTHON:-python3}
if "$name" -c "$new_enough" 2>/dev/null; then
    version=$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "$name ($version) cannot make virtual environments. On Debian or Ubuntu: apt-get install python$version-venv" >&2
    exit 1
fi
echo "Cueline needs Python 3.11 or newer, with venv. On Debian or Ubuntu: apt-get install python3 python3-venv" >&2
echo "Elsewhere: https://www.python.org/downloads/ (3.12 is best). Then: make up PYTHON=/path/to/python" >&2
exit 1
