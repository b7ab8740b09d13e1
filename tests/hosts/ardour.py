"""Ardour 7 or 8 (Debian 12 or 13) without its window: its scanner, sessions made and played by its Lua, its exporter.

Nothing outside the given folder is touched: Ardour's settings and caches go where HOME points.
"""

import base64
import os
import pathlib
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml

from checks import write_wave

# Debian's folders and programs have the version in their names. The newest that is whole.
VERSIONS = [version for version in (8, 7) if pathlib.Path(f"/usr/lib/ardour{version}/luasession").exists()]
NAME = f"ardour{VERSIONS[0] if VERSIONS else 7}"
LIBRARIES = pathlib.Path("/usr/lib", NAME)
# Ardour 7.3 hangs or crashes at the end of about one export in eight, also without any plugin.
TRIES = 4


class Ardour:
    """A home for Ardour, and one session in it."""

    def __init__(self, folder, vst3):
        if not VERSIONS:
            sys.exit("neither Ardour 7 nor 8 is there: `cargo xtask setup` installs it")
        self.home = pathlib.Path(folder) / "home"
        self.session = pathlib.Path(folder) / "session"
        (self.home / ".vst3").mkdir(parents=True)
        self.vst3 = self.home / ".vst3" / pathlib.Path(vst3).name
        self.vst3.symlink_to(vst3)

    def run(self, command, timeout_s, **variables):
        """Runs one of Ardour's programs: exit code (124 after a time-out) and what it said."""
        environment = {
            **os.environ,
            "HOME": str(self.home),
            "LD_LIBRARY_PATH": str(LIBRARIES),
            "ARDOUR_DATA_PATH": f"/usr/share/{NAME}",
            "ARDOUR_CONFIG_PATH": f"/etc/{NAME}",
            "ARDOUR_DLL_PATH": str(LIBRARIES),
            "ROLLCALL_SESSION": str(self.session),
            **{name: str(value) for name, value in variables.items()},
        }
        # By way of a file: a helper that Ardour leaves behind would hold a pipe open.
        said = self.home / "said.txt"
        with open(said, "wb") as output:
            try:
                done = subprocess.run(
                    command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=timeout_s
                )
                code = done.returncode
            except subprocess.TimeoutExpired:
                code = 124
        return code, said.read_text(errors="replace").replace("\r", "\n")

    def scan(self):
        """Ardour's own VST3 scanner on the bundle."""
        return self.run([LIBRARIES / "ardour-vst3-scanner", "-f", self.vst3], 60)

    def lua(self, name, **variables):
        """A script of this folder in Ardour's luasession."""
        return self.run([LIBRARIES / "luasession", pathlib.Path(__file__).parent / name], 120, **variables)

    def create(self, rate_hz):
        """Makes the session anew. What the script said."""
        for attempt in range(TRIES):
            shutil.rmtree(self.session, ignore_errors=True)
            code, said = self.lua("ardour_session.lua", ROLLCALL_RATE_HZ=rate_hz)
            if code == 0 or "Ardour does not know" in said:
                return said
            print(f"note   luasession ended with {code}, try {attempt + 1} of {TRIES}", flush=True)
        return said

    def place(self, audio, rate_hz, end_s, state):
        """Lays float32 [2, frames] on the track "song" from 0 s, ends the session at `end_s`, and changes the plugin's
        state: `state` maps texts in it to others."""
        path = self.session / "rollcall.ardour"
        document = xml.parse(path)
        root = document.getroot()
        ticks = int(root.find(".//TempoMap").get("superclocks-per-second")) // rate_hz
        sources, length = root.find("Sources"), audio.shape[1] * ticks
        for number, side in [(9001, "L"), (9002, "R")]:
            name = f"song%{side}.wav"
            write_wave(self.session / "interchange/session/audiofiles" / name, audio[number - 9001 : number - 9000], rate_hz)
            xml.SubElement(sources, "Source", name=name, type="audio", flags="", id=str(number), channel="0", gain="1")
        number = root.find(".//Route[@name='song']").get("audio-playlist")
        playlist = root.find(f"Playlists/Playlist[@id='{number}']")
        region = {
            "name": "song.1", "id": "9010", "type": "audio", "channels": "2", "first-edit": "nothing", "opaque": "1",
            "source-0": "9001", "source-1": "9002", "master-source-0": "9001", "master-source-1": "9002",
            "start": "a0", "length": f"a{length}@a0", "sync-position": "a0", "ancestral-start": "a0",
            "ancestral-length": f"a{length}@a0", "stretch": "1", "shift": "1", "layering-index": "0", "scale-amplitude": "1",
        }  # fmt: skip
        off = "muted locked automatic whole-file import external sync-marked left-of-split right-of-split hidden \
            position-locked valid-transients envelope-active default-fade-in default-fade-out fade-in-active fade-out-active"
        xml.SubElement(playlist, "Region", {**region, **dict.fromkeys(off.split(), "0")})
        end = f"a{int(end_s * rate_hz) * ticks}"
        xml.SubElement(
            root.find("Locations"), "Location", id="9020", name="session", start="a0", end=end, flags="IsSessionRange"
        )
        root.set("id-counter", "10000")
        root.set("session-range-is-free", "0")
        chunk = root.find(".//vst3/chunk")
        raw = base64.b64decode(chunk.text)
        for old, new in state.items():
            # The preset's header has the length of what follows.
            assert old in raw and len(old) == len(new), (old, raw)
            raw = raw.replace(old, new)
        chunk.text = base64.b64encode(raw).decode()
        document.write(path, encoding="UTF-8", xml_declaration=True)

    def export(self, path, rate_hz):
        """Ardour's exporter: the session's range as a float WAV. Exit code, what it said, and the tries it took."""
        command = [LIBRARIES / f"utils/{NAME}-export", "-o", path, "-b", "float", "-s", str(rate_hz), self.session, "rollcall"]
        for attempt in range(1, TRIES + 1):
            path.unlink(missing_ok=True)
            code, said = self.run(command, 90)
            if code == 0 and path.exists():
                break
            print(f"note   the export ended with {code}, try {attempt} of {TRIES}", flush=True)
        return code, said, attempt
