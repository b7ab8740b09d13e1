"""Builds the wheel with the workspace's own target folder, installs it into a folder of its own, and runs its tests.

    python python/tests/run.py PROGRAM

PROGRAM is the built `rollcall`. Needs the packages of xtask/python/tests.txt, maturin and pytest among them; nothing is
installed into their environment.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

root = pathlib.Path(__file__).parents[2]
program = pathlib.Path(sys.argv[1]).resolve()
# pip hides programs of its environment from a build that is not isolated, unless they are in the path.
environment = {**os.environ, "PATH": os.pathsep.join([str(pathlib.Path(sys.executable).parent), os.environ["PATH"]])}
with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, root / "python"], check=True, env=environment
    )
    (wheel,) = folder.glob("*.whl")
    assert "-cp311-abi3-" in wheel.name, f"{wheel.name}: one wheel should serve Python 3.11 and later"
    assert wheel.stat().st_size < 64 << 20, f"{wheel.name} has {wheel.stat().st_size} bytes"
    names = zipfile.ZipFile(wheel).namelist()
    assert {"rollcall/__init__.py", "rollcall/__main__.py", "rollcall/_native.pyi", "rollcall/py.typed"} <= set(names), names
    subprocess.run([*pip, "install", "--no-deps", "--target", folder / "site", wheel], check=True)
    tests = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", root / "python/tests"]
    paths = {"PYTHONPATH": str(folder / "site"), "ROLLCALL": str(program)}
    sys.exit(subprocess.run(tests, env={**environment, **paths}).returncode)
