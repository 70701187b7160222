# Sourced, not run: a program out of a Debian package, put into the folder $bin.
# The packages are only unpacked, never installed: installing them would start a server.

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

take_binary() { # BINARY PACKAGE NAME-IN-HOMEBREW
  if present "$1"; then
    return
  fi
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "error: $1 is missing, and there is no apt-get here to fetch it with" >&2
    echo "help: install it with your system's package manager (Homebrew: brew install $3), or put it into $bin" >&2
    return 1
  fi
  folder=$(mktemp -d)
  fetch_package "$2" "$folder" 2>/dev/null || { refresh_package_lists && fetch_package "$2" "$folder"; }
  dpkg-deb --fsys-tarfile "$folder/$2"_*.deb | tar -x -C "$folder" "./usr/bin/$1"
  mv "$folder/usr/bin/$1" "$bin/$1"
  rm -rf "$folder"
}
