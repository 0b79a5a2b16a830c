#!/bin/sh
# Installs what sample.mjs needs into FOLDER, outside the repository: install.sh FOLDER, then node FOLDER/sample.mjs.
# The prebuilt binaries of better-sqlite3 are not on the npm registry, which is all this needs: it builds against the
# headers of the node that runs (Debian: libnode-dev). Takes a minute or two. Exit 2: one line says what is missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

missing() {
    echo "install.sh: $*" >&2
    exit 2
}

[ $# -eq 1 ] || missing "usage: install.sh FOLDER"
for tool in node npm python3 make g++; do
    command -v "$tool" >/dev/null ||
        missing "$tool is missing (Debian: apt-get install nodejs npm libnode-dev python3 make g++)"
done
node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 18 || (a == 18 && b >= 17) ? 0 : 1)' ||
    missing "node is $(node --version), 18.17 or newer is needed"
prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
[ -f "$prefix/include/node/node.h" ] ||
    missing "the headers of node are missing: no $prefix/include/node/node.h (Debian: apt-get install libnode-dev)"
headers=$(awk '/^#define NODE_(MAJOR|MINOR|PATCH)_VERSION/ {v = v "." $3} END {print "v" substr(v, 2)}' \
    "$prefix/include/node/node_version.h")
[ "$headers" = "$(node --version)" ] ||
    missing "the headers in $prefix/include/node are of $headers, node is $(node --version)"

mkdir -p "$1"
cd "$1"
case $(pwd)/ in
"$(cd "$here/../../.." && pwd)"/*) missing "$1 is inside the repository" ;;
esac
cp "$here/package.json" "$here/package-lock.json" "$here/sample.mjs" .
npm_config_build_from_source=true npm_config_nodedir=$prefix npm ci --no-audit --no-fund >install.log 2>&1 ||
    missing "npm ci failed, see $(pwd)/install.log: $(grep -m 1 -iE 'error|ERR!' install.log || tail -n 1 install.log)"
node -e 'new (require("better-sqlite3"))(":memory:").close()' 2>>install.log ||
    missing "better-sqlite3 was installed but does not load, see $(pwd)/install.log"
echo "installed in $(pwd)"
