"""Rollcall's window in DawDreamer, on a screen under Xvfb with a window manager: opened, drawn, resized, closed.

    python tests/hosts/dawdreamer_window.py BUNDLES PICTURES

Leaves what it saw in the folder PICTURES.
"""

import ctypes
import os
import pathlib
import re
import subprocess
import sys

from checks import Checks, NAME, bundle, recording
from display import Screen, colours, save


def host(vst3):
    """The host's process: 28 s of music through the plugin, then its window until somebody closes it."""
    import dawdreamer

    error_handler = pardon_what_juce_asks_of_frames()
    audio, rate_hz = recording()
    engine = dawdreamer.RenderEngine(rate_hz, 512)
    song = engine.make_playback_processor("song", audio)
    plugin = engine.make_plugin_processor("rollcall", vst3)
    engine.load_graph([(song, []), (plugin, ["song"])])
    engine.render(audio.shape[1] / rate_hz + 1)
    for _ in range(2):
        print("opening", flush=True)
        plugin.open_editor()
        # What a window leaves in the host's run loop has two of them.
        print(f"closed with {len(os.listdir('/proc/self/fd'))} files open", flush=True)
    engine.render(1.0)
    del error_handler


class XErrorEvent(ctypes.Structure):
    """Xlib's."""

    _fields_ = [
        ("type", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("resource", ctypes.c_ulong),
        ("serial", ctypes.c_ulong),
        ("error", ctypes.c_ubyte),
        ("request", ctypes.c_ubyte),
        ("minor", ctypes.c_ubyte),
    ]


BAD_WINDOW, QUERY_TREE = 3, 15


def pardon_what_juce_asks_of_frames():
    """JUCE climbs from its window to the root (XQueryTree) while the window manager takes the frame away, and meets a window
    that is gone about one time in four. Its own applications ignore X errors; elsewhere Xlib ends the process. Only this
    one request is pardoned: the plugin's window never makes it. Returns what must live as long as the host."""

    def told(_, event):
        event = event.contents
        if (event.error, event.request) == (BAD_WINDOW, QUERY_TREE):
            print(f"JUCE asked about window {event.resource:#x}, which is gone", flush=True)
            return 0
        print(f"X error {event.error} of request {event.request} on {event.resource:#x}", flush=True)
        os._exit(1)

    handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.POINTER(XErrorEvent))(told)
    ctypes.CDLL("libX11.so.6").XSetErrorHandler(handler)
    return handler


def drawn(screen, number):
    """A picture of the window that is not blank, or the last one."""
    seen = {}

    def look():
        seen["picture"] = screen.picture(number)
        count, most = colours(seen["picture"])
        return count > 64 and most < 0.95

    screen.wait_for(look)
    return seen["picture"]


def watch(vst3, pictures):
    checks = Checks()
    with Screen() as screen:
        command = [sys.executable, __file__, "--host", vst3]
        process = subprocess.Popen(command, env=screen.environment(), stdout=subprocess.PIPE, text=True)
        try:
            number = screen.wait_for(screen.embedding, seconds=60)
            if not checks.that("the host opens a window with the plugin's in it", number):
                checks.end()
            picture = drawn(screen, number)
            save(pathlib.Path(pictures) / "dawdreamer-window.png", picture)
            count, most = colours(picture)
            found = f"{count} colours, the commonest on {most:.0%} of {picture.shape[1]} x {picture.shape[0]} pixels"
            checks.that("the window is not blank", count > 64 and most < 0.95, found)

            for size in [(1200, 800), (900, 650)]:
                screen.resize(number, *size)
                followed = screen.wait_for(lambda: screen.embedded(number) == size)
                found = f"the plugin's is {screen.embedded(number)}"
                checks.that(f"it follows the host's window to {size[0]} x {size[1]}", followed, found)
                picture = drawn(screen, number)
                save(pathlib.Path(pictures) / f"dawdreamer-window-{size[0]}.png", picture)
                count, most = colours(picture)
                checks.that("and is not blank there", count > 64 and most < 0.95, f"{count} colours, {most:.0%}")

            screen.close(number)
            gone = screen.wait_for(lambda: number not in screen.windows())
            checks.that("it closes", gone)
            again = screen.wait_for(screen.embedding)
            if checks.that("it opens a second time", again):
                count, most = colours(drawn(screen, again))
                checks.that("and is not blank then either", count > 64 and most < 0.95, f"{count} colours, {most:.0%}")
                screen.close(again)
            said, _ = process.communicate(timeout=60)
            checks.that("the host goes on after it, and ends well", process.returncode == 0, said)
            files = re.findall(r"closed with (\d+) files open", said)
            checks.that("the second window leaves no file open", len(files) == 2 and len(set(files)) == 1, said)
        finally:
            process.kill()
    checks.end()


if sys.argv[1] == "--host":
    host(sys.argv[2])
else:
    watch(str(bundle(sys.argv[1], "Rollcall.vst3")), sys.argv[2])
