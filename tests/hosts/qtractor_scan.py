"""Qtractor's scan helper (Debian) lists the CLAP, as it does when Qtractor looks for plugins. Debian's has no VST3.

    python tests/hosts/qtractor_scan.py BUNDLES
"""

import glob
import subprocess
import sys

from checks import Checks, NAME, bundle

helpers = glob.glob("/usr/lib/*/qtractor/qtractor_plugin_scan")
if not helpers:
    sys.exit("Qtractor is not there: `cargo xtask setup` installs it")
checks = Checks()


def scan(kind, name):
    """What the helper says of a bundle, and its exit code."""
    path = bundle(sys.argv[1], name)
    done = subprocess.run(
        [helpers[0]], input=f"{kind}:{path}\n\n", text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60
    )
    return done.stdout.strip(), done.returncode


said, code = scan("CLAP", "Rollcall.clap")
fields = said.splitlines()[-1].split("|") if said else []
checks.that("it lists the CLAP by name", fields[:2] == ["CLAP", NAME], said)
checks.that("with two channels in and out", "2:2" in fields)
checks.that("with a window, and fit for real time", any({"GUI", "RT"} <= set(field.split(",")) for field in fields))
checks.that("and ends well", code == 0, code)
# Debian builds Qtractor 0.9.31 without VST3: its helper knows no such request, and must at least come to no harm.
said, code = scan("VST3", "Rollcall.vst3")
checks.that("a request for the VST3 is answered, if only by nothing", code == 0, said)
checks.end()
