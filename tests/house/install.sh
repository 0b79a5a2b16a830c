#!/bin/sh
# install.sh BUILD: what `cmake --install` puts where, and that it is sound.
# install.sh --package-list: what the Debian package therefore holds: no simulator, and what Debian wants beside.
set -eu

expected() {
    cat <<'LIST'
755 usr/bin/innerspace-sim
755 usr/bin/occuport
644 usr/lib/systemd/system/occuport@.service
644 usr/lib/systemd/system/occuport@.timer
644 usr/lib/sysusers.d/occuport.conf
644 usr/share/bash-completion/completions/occuport
644 usr/share/doc/occuport/README.md
644 usr/share/doc/occuport/api.md
644 usr/share/doc/occuport/architecture.md
644 usr/share/doc/occuport/benchmarks.md
644 usr/share/doc/occuport/benchmarks.svg
644 usr/share/doc/occuport/bi.md
644 usr/share/doc/occuport/configuration.md
644 usr/share/doc/occuport/copyright
644 usr/share/doc/occuport/decisions.md
644 usr/share/doc/occuport/examples/example.yaml
644 usr/share/doc/occuport/operations.md
644 usr/share/doc/occuport/reliability.md
644 usr/share/doc/occuport/report-390-dark.png
644 usr/share/doc/occuport/report-390.png
644 usr/share/doc/occuport/report-dark.png
644 usr/share/doc/occuport/report.md
644 usr/share/doc/occuport/report.png
644 usr/share/doc/occuport/scale.md
644 usr/share/doc/occuport/security.md
644 usr/share/doc/occuport/tutorial.md
644 usr/share/fish/vendor_completions.d/occuport.fish
644 usr/share/man/man1/innerspace-sim.1
644 usr/share/man/man1/occuport.1
644 usr/share/occuport/monitoring/grafana-dashboard.json
644 usr/share/occuport/monitoring/occuport.rules.yml
644 usr/share/occuport/roles.sql
644 usr/share/occuport/schema.json
644 usr/share/zsh/vendor-completions/_occuport
LIST
}

if [ "$1" = --package-list ]; then
    {
        expected | sed -e '/innerspace-sim/d' -e 's|/man1/.*\.1$|&.gz|'
        echo 644 usr/share/doc/occuport/changelog.gz
        echo 644 usr/share/lintian/overrides/occuport
    } | LC_ALL=C sort -k 2
    exit
fi
build=$1
here=$(cd "$(dirname "$0")" && pwd)
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
DESTDIR=$staging cmake --install "$build" --prefix /usr >"$staging.log" 2>&1 || {
    cat "$staging.log"
    exit 1
}
rm -f "$staging.log"
cd "$staging"

expected >"$staging/expected"
find usr -type f -printf '%m %p\n' | LC_ALL=C sort -k 2 >"$staging/found"
diff -u "$staging/expected" "$staging/found"

usr/bin/occuport --version
"$here/documents.py" --index usr/share/doc/occuport
"$here/documents.py" --links usr/share/doc/occuport/*.md
python3 -m json.tool usr/share/occuport/schema.json >/dev/null
bash -n usr/share/bash-completion/completions/occuport
for shell in zsh fish; do
    if command -v "$shell" >/dev/null; then
        "$shell" -n "$(find usr/share/"$shell" -type f)"
    else
        echo "not checked, no $shell here: its completion file"
    fi
done
if command -v mandoc >/dev/null; then
    mandoc -T lint -W warning usr/share/man/man1/occuport.1 usr/share/man/man1/innerspace-sim.1
else
    echo "not checked, no mandoc here: the man pages"
fi
echo "installed: $(wc -l <"$staging/found") files, all where Debian expects them"
