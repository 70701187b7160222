#!/bin/sh
# Makes .venv with everything that pyproject.toml declares, at the versions and hashes of requirements/dev.lock.
# `make setup` calls it when the lock or pyproject.toml is newer than the last installation.
set -eu

cd "$(dirname "$0")/.."
venv=.venv

new_enough() {
  command -v "$1" >/dev/null 2>&1 && "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  if [ -n "${PYTHON:-}" ]; then
    new_enough "$PYTHON" && echo "$PYTHON"
    return
  fi
  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if new_enough "$candidate"; then
      echo "$candidate"
      return
    fi
  done
}

if ! new_enough "$venv/bin/python"; then
  python=$(find_python || true)
  if [ -z "$python" ]; then
    echo "error: Penstock needs Python 3.11 or newer; ${PYTHON:-python3} is" \
      "$("${PYTHON:-python3}" --version 2>&1 || echo missing)" >&2
    echo "help: name a newer one, for example: make PYTHON=python3.12 setup" >&2
    exit 1
  fi
  rm -rf "$venv"
  if ! "$python" -m venv "$venv"; then
    echo "help: on Debian and Ubuntu, venv is a package of its own: apt-get install python3-venv" >&2
    exit 1
  fi
fi

"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
  -r requirements/bootstrap.lock
uv() { VIRTUAL_ENV="$PWD/$venv" "$venv/bin/uv" "$@"; }
# The second file keeps uv itself, which the first does not name.
if ! uv pip sync --quiet --require-hashes requirements/dev.lock requirements/bootstrap.lock; then
  echo "help: the locked packages have wheels for Python 3.11 to 3.14; others build them from source. To use another" \
    "Python, delete .venv and name it, for example: make PYTHON=python3.13 setup" >&2
  exit 1
fi
uv pip install --quiet --no-deps --no-build-isolation --editable .
touch "$venv/installed"
