#!/bin/sh
# usage: make_venv.sh FOLDER [PYTHON]: make a virtual environment, or say in one line what is missing.
set -eu
venv=$1
shift
[ $# -gt 0 ] || set -- python3 python3.14 python3.13 python3.12 python3.11 python
found=
for python in "$@"; do
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
    found=$python
    # Debian and Ubuntu ship Python without ensurepip, and `python -m venv` then leaves half an environment.
    "$python" -c 'import ensurepip, venv' 2>/dev/null || continue
    exec "$python" -m venv "$venv"
done
if [ -n "$found" ]; then
    echo "Missing: the module venv of $found. Install it (on Debian or Ubuntu: apt install python3-venv)." >&2
else
    echo "Missing: Python 3.11 or newer. Install it, or name one: make PYTHON=/path/to/python" >&2
fi
exit 1
