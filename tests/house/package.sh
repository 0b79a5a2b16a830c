#!/bin/sh
# package.sh SOURCE BUILD: what the Debian package holds, by the rules of installation that cpack follows, and that the
# texts made for it are sound. The package itself is made of a release and looked at by ./dev package.
set -eu
source=$1
build=$2
staging=$(mktemp -d)
trap 'rm -rf "$staging"' EXIT
for component in program debian; do
    DESTDIR=$staging/root cmake --install "$build" --prefix /usr --component "$component" >"$staging/log" 2>&1 || {
        cat "$staging/log"
        exit 1
    }
done
(cd "$staging/root" && find . -type f -printf '%m %P\n' | LC_ALL=C sort -k 2) >"$staging/found"
"$source/tests/house/install.sh" --package-list >"$staging/expected"
diff -u "$staging/expected" "$staging/found"
doc=$staging/root/usr/share/doc/occuport
"$source/tests/house/documents.py" --links "$doc"/*.md

# Every word of the licence, and nothing that is not in it.
words() {
    tr -s ' \n' '\n\n' | grep -vx '\.' | grep .
}
sed -n '/^Permission/,$p' "$source/LICENSE" | words >"$staging/licence"
sed -n '/^ Permission/,$p' "$doc/copyright" | words | diff -u "$staging/licence" -

# Debian's format, as far as it can be told without its tools, and every word of every item.
gunzip -c "$doc/changelog.gz" >"$staging/changelog"
awk '
length > 80 { print "too long: " $0; bad = 1 }
/^occuport \([0-9.]+\) [A-Za-z]+; urgency=medium$/ { opened++; next }
/^ -- .+ <.+@.+>  [A-Z][a-z][a-z], [0-9][0-9] [A-Z][a-z][a-z] [0-9]+ [0-9:]+ \+0000$/ { closed++; next }
/^$/ || /^  \* [^ ]/ || /^    [^ ]/ { next }
{ print "no line of a changelog: " $0; bad = 1 }
END {
    if (opened == 0 || opened != closed) { print opened + 0 " entries, " closed + 0 " of them closed"; bad = 1 }
    exit bad
}' "$staging/changelog"
sed -n '/^## /,$p' "$source/CHANGELOG.md" | grep -v '^#' | sed 's/^- //' | words >"$staging/changes"
grep '^  ' "$staging/changelog" | sed 's/^  \* //' | words | diff -u "$staging/changes" -

# A released version has its day.
cat >"$staging/CHANGELOG.md" <<'TEXT'
# Changes

## 1.2.0 (2026-12-24)

- One.

## 1.1.0 (not released)

- Two,
  and more.
TEXT
"$source/cmake/debian/changelog.sh" "$staging/CHANGELOG.md" 86400 "A B <a@b.example>" "$staging/found"
diff -u - "$staging/found" <<'TEXT'
occuport (1.2.0) stable; urgency=medium

  * One.

 -- A B <a@b.example>  Thu, 24 Dec 2026 00:00:00 +0000

occuport (1.1.0) UNRELEASED; urgency=medium

  * Two, and more.

 -- A B <a@b.example>  Fri, 02 Jan 1970 00:00:00 +0000

TEXT
echo "the package: $(wc -l <"$staging/expected") files, its changelog and its licence"
