"""Rollcall's window in a host for Windows, under Wine on a screen under Xvfb: opened, drawn, resized, closed, opened again.

    python tests/hosts/windows_window.py WINDOW_EXE GL_EXE BUNDLES PICTURES

`WINDOW_EXE` is built from windows_window.c, `GL_EXE` from windows_gl.c. Leaves what it saw in the folder PICTURES. Where this Wine shows
nothing of OpenGL in a window within another, whoever draws it, the picture is the frame that the plugin drew, not the screen's.
"""

import pathlib
import subprocess
import sys
import tempfile
import threading

import numpy as np
from checks import Checks, bundle
from display import Screen, colours, save


class Host:
    """The host's process, and what it has said."""

    def __init__(self, screen, program, plugin, frame):
        self.frame = pathlib.Path(frame)
        command = ["wine", program, plugin, frame]
        self.process = subprocess.Popen(command, env=screen.environment(), stdout=subprocess.PIPE, text=True)
        self.said = []
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stdout:
            self.said.append(line.strip())

    def size(self):
        """Of the plugin's window, as the host last found it."""
        sizes = [line.split()[1:] for line in self.said if line.startswith("size ")]
        return tuple(map(int, sizes[-1])) if sizes else None

    def drawn(self):
        """The newest frame that the plugin drew; none of a size that is no longer the window's."""
        if not self.frame.is_file():
            return np.zeros((8, 8, 3), np.uint8)
        head, pixels = self.frame.read_bytes().split(b"\n", 1)
        width, height = map(int, head.split()[1:3])
        picture = np.frombuffer(pixels, np.uint8).reshape(height, width, 3)[::-1]
        return picture if (width, height) == self.size() else np.zeros((8, 8, 3), np.uint8)


def can_draw(screen, program):
    """Whether OpenGL is seen here in a window that lies in another."""
    process = subprocess.Popen(["wine", program], env=screen.environment())
    orange = (255, 128, 0)

    def is_seen():
        number = next(iter(screen.windows()), None)
        return number and abs(screen.picture(number)[150, 150].astype(int) - orange).max() <= 2

    try:
        # Wine begins with a window of its own, "being updated".
        return bool(screen.wait_for(is_seen, seconds=60))
    finally:
        process.kill()
        process.wait()
        screen.wait_for(lambda: not screen.windows(), seconds=60)


def is_drawn(picture):
    """Whether it is not blank, and nowhere left at the edge as the system's own black: the window's is a dark grey."""
    count, most = colours(picture)
    return count > 64 and most < 0.95 and picture[-4, 4:-4].any(axis=1).all() and picture[4:-4, -4].any(axis=1).all()


def drawn(screen, picture):
    """What `picture` gives, once it is drawn; or the last one."""
    seen = {}

    def look():
        seen["picture"] = picture()
        return is_drawn(seen["picture"])

    screen.wait_for(look, seconds=60)
    return seen["picture"]


def main(program, gl, plugin, pictures):
    checks = Checks()
    with Screen() as screen, tempfile.TemporaryDirectory() as folder:
        is_seen = can_draw(screen, gl)
        if not is_seen:
            print("This Wine shows no OpenGL in a window within another; Wine 10 does. Looked at: the frames that the plugin draws")
        host = Host(screen, program, plugin, f"{folder}/frame.ppm")
        look = screen.picture if is_seen else lambda _: host.drawn()
        try:
            screen.wait_for(lambda: "open" in host.said, seconds=120)
            number = screen.wait_for(lambda: next(iter(screen.windows()), None), seconds=60)
            if not checks.that("the host opens the plugin's window", number and "open" in host.said, host.said):
                checks.end()
            for name, size in [("", None), ("-1200", (1200, 800)), ("-900", (900, 650))]:
                if size:
                    screen.resize(number, *size)
                    followed = screen.wait_for(lambda: host.size() == size, seconds=60)
                    checks.that(f"it follows the host to {size[0]} x {size[1]}", followed, f"it is {host.size()}")
                picture = drawn(screen, lambda: look(number))
                save(pathlib.Path(pictures) / f"windows-window{name}.png", picture)
                count, most = colours(picture)
                found = f"{count} colours, the commonest on {most:.0%} of {picture.shape[1]} x {picture.shape[0]} pixels"
                checks.that("and is drawn to its edges", is_drawn(picture), found)
            screen.close(number)
            checks.that("it closes", screen.wait_for(lambda: "closed" in host.said, seconds=60), host.said)
            screen.wait_for(lambda: host.said.count("open") == 2, seconds=60)
            again = screen.wait_for(lambda: next((one for one in screen.windows() if one != number), None), seconds=60)
            if checks.that("it opens a second time", again, host.said):
                checks.that("and is drawn then too", is_drawn(drawn(screen, lambda: look(again))))
                screen.close(again)
            ended = screen.wait_for(lambda: host.process.poll() is not None, seconds=60)
            checks.that("the host goes on after it, and ends well", ended and host.process.returncode == 0, host.said)
        finally:
            host.process.kill()
    checks.end()


main(sys.argv[1], sys.argv[2], str(bundle(sys.argv[3], "Rollcall.clap")), sys.argv[4])
