"""The page for researchers: every block of it runs, and is typed."""

import os
import pathlib
import re
import subprocess
import sys

import rollcall

ROOT = pathlib.Path(__file__).parents[2]
BLOCKS = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/python.md").read_text(), re.DOTALL | re.MULTILINE)


def test_a_researchers_first_ten_minutes(tmp_path):
    assert len(BLOCKS) >= 6
    song = ROOT / "demo/war-of-freedom.ogg"
    (tmp_path / "no audio.wav").write_text("text")
    takes = [ROOT / "media/tests/golden" / name for name in ("lossless24.flac", "cbr.mp3")] + [tmp_path / "no audio.wav"]
    exec(compile("\n".join(BLOCKS), "docs/python.md", "exec"), {"song": song, "takes": takes})


def test_the_page_and_the_package_are_typed(tmp_path):
    page = tmp_path / "page.py"
    page.write_text("import pathlib\nsong: pathlib.Path\ntakes: list[pathlib.Path]\n" + "\n".join(BLOCKS))
    package = pathlib.Path(rollcall.__file__).parent
    mypy = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.11", "--cache-dir", str(tmp_path / "cache")]
    stubs = [sys.executable, "-m", "mypy.stubtest", "rollcall._native", "--ignore-missing-stub", "--ignore-disjoint-bases"]
    for call in [*mypy, str(package), str(page)], stubs:
        environment = os.environ | {"MYPYPATH": str(package.parent)}
        ended = subprocess.run(call, capture_output=True, text=True, cwd=tmp_path, env=environment)
        assert ended.returncode == 0, ended.stdout + ended.stderr
