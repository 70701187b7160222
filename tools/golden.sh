#!/bin/sh
# Rewrites every golden file with what the code produces now, and fails where that changes one: a test compares the text
# that it reads, and what `--update` would write has to be that to the byte. JOBS says how many processes.
set -eu

cd "$(dirname "$0")/.."

state() {
  find tests src/penstock/checks -type f ! -path "*/__pycache__/*" -exec cksum {} + | sort
}

before=$(mktemp)
failed=0
trap 'rm -f "$before" "$before.after"' EXIT
state >"$before"
# Whoever takes the fixture `update` has golden files.
grep -rl --include="test_*.py" "update: bool" tests | sort |
  xargs .venv/bin/python -m pytest --update -q -n "${JOBS:-auto}" --dist loadfile || failed=1
state >"$before.after"

changed=$(comm -13 "$before" "$before.after" | cut -d " " -f 3-)
if [ -n "$changed" ]; then
  echo "error: golden files were not what the code produces:" >&2
  echo "$changed" | sed 's/^/  /' >&2
  echo "help: they are rewritten; read \`git diff\` as a reviewer would, and commit what is right" >&2
  failed=1
fi
exit "$failed"
