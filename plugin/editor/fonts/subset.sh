#!/bin/sh
# Cuts the editor's fonts from Inter 4 (Debian package `fonts-inter`), with tabular figures as the default ones.
# Needs: apt-get install fonts-inter; pip install fonttools opentype-feature-freezer
# Usage: subset.sh [folder of the .otf files]
set -eu
from=${1:-/usr/share/fonts/opentype/inter}
to=$(dirname "$0")
# Latin, Latin-1, Latin Extended-A, Greek, Cyrillic (file names), and the typographic signs that the editor prints.
range='U+0020-007E,U+00A0-017F,U+0384-03CE,U+0400-045F,U+2007,U+2009,U+2010-2015,U+2018-201E,U+2022,U+2026,U+202F,U+2032,U+2033,U+2039,U+203A,U+2190-2193,U+2212,U+221E,U+2248,U+2264,U+2265,U+23CE,U+25B8,U+25BE'
for face in Inter-Regular Inter-SemiBold InterDisplay-SemiBold; do
    tmp=$(mktemp --suffix=.otf)
    pyftfeatfreeze -f tnum "$from/$face.otf" "$tmp"
    pyftsubset "$tmp" --unicodes="$range" --layout-features='kern,calt' --no-hinting --desubroutinize \
        --name-IDs='0,1,2,5,6,13,14' --output-file="$to/$face.otf"
    rm "$tmp"
done
