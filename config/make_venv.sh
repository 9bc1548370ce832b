#!/bin/sh
# Make .venv with the newest suitable Python, and uv in it; say in one sentence what is missing.
set -eu
for python in "${PYTHON:-}" python3 python3.13 python3.12 python3.11; do
    [ -n "$python" ] || continue
    if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then
        found=$python
        break
    fi
done
if [ -z "${found:-}" ]; then
    echo "OneQueue needs Python 3.11 or newer: install it (Debian, Ubuntu: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3.12 ..." >&2
    exit 1
fi
echo "Making .venv with $("$found" --version) ..."
rm -rf .venv
if ! "$found" -c 'import ensurepip, venv' 2>/dev/null; then
    echo "This Python cannot make environments: install its venv module (Debian, Ubuntu: apt-get install $(basename "$found")-venv), then try again." >&2
    exit 1
fi
"$found" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check uv
