#!/bin/sh
# package.sh FOLDER: builds the sources that it stands in, and puts the Debian package, the tarball and their checksums
# there. The same sources give the same bytes, wherever and by whomever they are built: times are SOURCE_DATE_EPOCH, or
# that of the last commit.
set -eu
umask 022
mkdir -p "$1"
output=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."

# What is linked into the tarball's program, by the package that it comes from.
libraries='libjson-c-dev libsqlite3-dev libyaml-dev'

build() {
    cmake --preset "$1"
    cmake --build --preset "$1" --parallel "$(nproc)"
}

tarball() {
    version=$(sed -n 's/^CMAKE_PROJECT_VERSION:[A-Z]*=//p' build/portable/CMakeCache.txt)
    architecture=$(dpkg --print-architecture)
    name=occuport-$version-linux-$architecture
    staging=build/portable/tarball
    rm -rf "$staging"
    mkdir -p "$staging/$name/licences"
    for component in program man; do
        cmake --install build/portable --prefix "$PWD/$staging/$name" --component "$component" --strip
    done
    cp LICENSE "$staging/$name/"
    for library in $libraries; do
        cp "/usr/share/doc/$library/copyright" "$staging/$name/licences/${library%-dev}"
    done
    # shellcheck disable=SC2086 # a list of words
    dpkg-query -W -f '    ${source:Package} ${Version}\n' $libraries >"$staging/libraries"
    glibc=$(LC_ALL=C readelf -W --dyn-syms "$staging/$name/bin/occuport" |
        grep -o '@GLIBC_[0-9.]*' | sort -uV | tail -n 1)
    sed -e "s/@VERSION@/$version/g" -e "s/@GLIBC@/${glibc#@GLIBC_}/" -e "s/@ARCHITECTURE@/$architecture/g" \
        -e "/@LIBRARIES@/{
            r $staging/libraries
            d
        }" cmake/portable/README >"$staging/$name/README"
    tar -C "$staging" --format=gnu --sort=name --mtime="@$(cat build/portable/debian/epoch)" --owner=0 --group=0 --numeric-owner \
        --mode=u=rwX,go=rX -c "$name" | gzip -9n >"$output/$name.tar.gz"
}

rm -f "$output"/occuport_*.deb "$output"/occuport-*.tar.gz "$output/SHA256SUMS"
build debian
cpack --config build/debian/CPackConfig.cmake -B build/debian/cpack
cp build/debian/cpack/occuport_*.deb "$output/"
build portable
tarball
(cd "$output" && sha256sum occuport_*.deb occuport-*.tar.gz >SHA256SUMS)
