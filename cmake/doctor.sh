#!/bin/sh
# ./dev doctor: what is there and what is missing. Exit 1 when something that build or tests need is missing.
set -u
cd "$(dirname "$0")/.." || exit 1

row() {
    printf '  %-16s %s\n' "$1" "$2"
}

# version COMMAND ARGUMENT...: the first line that the command says, or that it is not there.
version() {
    if command -v "$1" >/dev/null 2>&1; then
        row "$1" "$("$@" 2>&1 </dev/null | head -n 1)"
    else
        row "$1" "-"
    fi
}

library() {
    if said=$(pkg-config --modversion "$1" 2>/dev/null); then
        row "$1" "$said"
    else
        row "$1" "-"
    fi
}

echo "System"
row system "$(. /etc/os-release 2>/dev/null && echo "${PRETTY_NAME:-unknown}"), $(uname -m), Linux $(uname -r)"
row cores "$(nproc)"
row memory "$(awk '/^MemAvailable/ { printf "%d MiB available", $2 / 1024 }' /proc/meminfo 2>/dev/null)"
row disk "$(df -Pm . | awk 'NR == 2 { print $4 " MiB free" }')"
row locale "$(locale 2>/dev/null | sed -n 's/^LC_CTYPE=//p' | tr -d '"'), LANG=${LANG:-not set}"
row user "$(id -un) (uid $(id -u))"
if [ -f /usr/share/zoneinfo/America/Toronto ]; then row "time zones" "there"; else row "time zones" "- (tzdata)"; fi

echo "Tools"
version git --version
version cmake --version
version ninja --version
version gcc --version
version clang --version
version clang-format --version
version clang-tidy --version
version python3 --version
version sqlite3 --version
version valgrind --version
version systemd-analyze --version
version gcovr --version
version lintian --version
version debootstrap --version
version buildah --version

echo "Libraries"
for name in libcurl json-c sqlite3 yaml-0.1 libmicrohttpd criterion; do
    library "$name"
done

echo "Packages"
for group in build demo test lint coverage fuzz pack package bare container browser; do
    lacking=$(./dev missing "$group")
    row "$group" "${lacking:+missing: }${lacking:-complete}"
done

echo "Network"
row "to run" "build, tests and demo use 127.0.0.1 only; a real job talks to its api.base_url"
for name in http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY; do
    eval "value=\${$name:-}"
    # The value may hold a password.
    [ -z "$value" ] || row "$name" "is set"
done
lacking=$(./dev missing build demo test)
if [ -z "$lacking" ]; then
    row packages "nothing has to be fetched for build, demo and test"
    exit 0
fi
for package in $lacking; do
    candidate=$(apt-cache policy "$package" 2>/dev/null | sed -n 's/^  Candidate: //p')
    case $candidate in
    '' | '(none)') row "$package" "not offered by the package sources; try: apt-get update" ;;
    *) row "$package" "can be installed: $candidate" ;;
    esac
done
exit 1
