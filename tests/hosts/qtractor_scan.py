"""Qtractor's scan helper lists the plugin, as it does when Qtractor looks for plugins: the installed one the CLAP, since Debian 12
builds it without VST3, and Debian 13's both.

    python tests/hosts/qtractor_scan.py BUNDLES TRIXIE

TRIXIE is the folder that `xtask/src/trixie.rs` has unpacked Debian 13's Qtractor in, with the libraries that it needs.
"""

import pathlib
import subprocess
import sys

from checks import Checks, NAME, bundle

HELPER = "lib/*/qtractor/qtractor_plugin_scan"


def only(folder, pattern):
    """The one file there."""
    found = sorted(pathlib.Path(folder).glob(pattern))
    return found[0] if found else sys.exit(f"{folder}/{pattern} is not there: `cargo xtask setup` brings it")


def scan(helper, kind, path):
    """What the helper says of a file, its fields, and its exit code."""
    done = subprocess.run(
        helper, input=f"{kind}:{path}\n\n", text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60
    )
    said = done.stdout.strip()
    return said, said.splitlines()[-1].split("|") if said else [], done.returncode


def listed(whose, helper, kind, path):
    """Checks one listing; returns what it says of the parameters, in and out."""
    said, fields, code = scan(helper, kind, path)
    checks.that(f"{whose} lists the {kind} by name", fields[:2] == [kind, NAME], said)
    checks.that("with two channels in and out", fields[2:3] == ["2:2"])
    checks.that("with a window, and fit for real time", any({"GUI", "RT"} <= set(field.split(",")) for field in fields))
    checks.that("once, and ends well", code == 0 and said.count(f"{kind}|") == 1, code)
    return fields[4:5]


bundles, trixie = sys.argv[1], pathlib.Path(sys.argv[2]).resolve() / "usr"
checks = Checks()
clap = bundle(bundles, "Rollcall.clap")
# Qtractor goes into folders and hands the libraries that it finds to the helper, not the bundle.
vst3 = only(bundle(bundles, "Rollcall.vst3"), "Contents/*/*.so")

old = [only("/usr", HELPER)]
newer = only(trixie, HELPER)
# With Debian 13's loader and libraries: the machine's C library is older.
new = [only(trixie, "lib*/ld-linux-*.so.*"), "--library-path", newer.parents[1], newer]

parameters = [
    listed("the installed one", old, "CLAP", clap),
    listed("Debian 13's", new, "CLAP", clap),
    listed("Debian 13's", new, "VST3", vst3),
]
checks.that("all list the same parameters", parameters[0] and parameters.count(parameters[0]) == 3, parameters)
for kind in "CLAP", "VST3":
    said, _, code = scan(new, kind, only(trixie, "lib/*/libQt6Core.so.6"))
    checks.that(f"what is no plugin is not listed as {kind}", f"{kind}|" not in said and code == 0, said)
checks.end()
