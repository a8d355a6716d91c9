#!/usr/bin/env bash
# Installs those packages of tools/packages.txt that are missing, and names them. With nothing missing it touches nothing.
#   tools/install_packages.sh build test
set -euo pipefail
list=$(dirname "${BASH_SOURCE[0]}")/packages.txt
if [ $# -eq 0 ]; then
  echo "usage: install_packages.sh PURPOSE... (of $(sed -n 's/^\([a-z]\+\) .*/\1/p' "$list" | sort -u | tr '\n' ' '))" >&2
  exit 2
fi

wanted=()
for purpose in "$@"; do
  found=$(sed -n "s/^$purpose //p" "$list")
  [ -n "$found" ] || { echo "tools/packages.txt has no packages for '$purpose'" >&2; exit 2; }
  while read -r package; do wanted+=("$package"); done <<<"$found"
done

if ! command -v dpkg-query >/dev/null; then
  echo "This is not a Debian or Ubuntu system; it needs what these packages hold: ${wanted[*]}"
  exit 0
fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "all ${#wanted[@]} packages are there"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "Missing packages, and neither root nor sudo to install them. As root:  apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi
echo "installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "$@" >"$log" 2>&1 </dev/null || { tail -n 20 "$log" >&2; exit 1; }
}
run apt-get update
run apt-get install -y --no-install-recommends "${missing[@]}"
