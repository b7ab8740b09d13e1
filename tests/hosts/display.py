"""A screen that nobody sees: Xvfb with a window manager, windows by their names, and pictures of them."""

import os
import pathlib
import shutil
import struct
import subprocess
import sys
import time
import zlib

import numpy as np
from Xlib import X, display, error, protocol

SIZE = (1280, 900)


class Screen:
    """Xvfb and openbox on the first free display, for as long as the context lasts."""

    def __enter__(self):
        for program in ("Xvfb", "openbox"):
            if not shutil.which(program):
                sys.exit(f"{program} is not there: `cargo xtask setup` installs it")
        size = f"{SIZE[0]}x{SIZE[1]}x24"
        read, write = os.pipe()
        # The server chooses the number itself and tells it, once it takes clients.
        command = ["Xvfb", "-displayfd", str(write), "-screen", "0", size, "+extension", "GLX", "+render", "-noreset"]
        self.server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as told:
            number = told.readline().strip()
        if not number:
            sys.exit("Xvfb did not start")
        self.name = f":{number}"
        self.manager = subprocess.Popen(
            ["openbox"], env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.connection = display.Display(self.name)
        return self

    def __exit__(self, *_):
        self.connection.close()
        for process in (self.manager, self.server):
            process.terminate()
            process.wait(10)

    def environment(self):
        """The environment of a program that shall draw here."""
        return {**os.environ, "DISPLAY": self.name, "LIBGL_ALWAYS_SOFTWARE": "1"}

    def windows(self):
        """Numbers of the windows that the window manager knows."""
        root, atom = self.connection.screen().root, self.connection.intern_atom
        clients = root.get_full_property(atom("_NET_CLIENT_LIST"), X.AnyPropertyType)
        return [int(number) for number in clients.value] if clients else []

    def embedded(self, number):
        """Width and height of another library's window inside a host's window: the plugin's. None before it is there."""
        try:
            window = self.connection.create_resource_object("window", number)
            inner = [child for outer in window.query_tree().children for child in outer.query_tree().children]
            visible = [child for child in inner if child.get_attributes().map_state == X.IsViewable]
            boxes = [child.get_geometry() for child in visible]
        except error.XError:
            # JUCE makes its own window twice: the first has gone meanwhile.
            return None
        return (boxes[0].width, boxes[0].height) if boxes else None

    def embedding(self):
        """The window that has a plugin's inside it, or None."""
        return next((number for number in self.windows() if self.embedded(number)), None)

    def wait_for(self, holds, seconds=20):
        """Whatever `holds` returns once it is true, or what it returned last."""
        end = time.monotonic() + seconds
        while not (found := holds()) and time.monotonic() < end:
            time.sleep(0.05)
        return found

    def picture(self, number):
        """What the screen shows of a window: uint8 [height, width, 3]. It must lie on the screen whole."""
        window = self.connection.create_resource_object("window", number)
        box = window.get_geometry()
        place = self.connection.screen().root.translate_coords(window, 0, 0)
        image = self.connection.screen().root.get_image(
            place.x, place.y, box.width, box.height, X.ZPixmap, 0xFFFFFFFF
        )
        return np.frombuffer(image.data, np.uint8).reshape(box.height, box.width, 4)[:, :, 2::-1].copy()

    def resize(self, number, width, height):
        """Asks the window manager, as a person who drags a corner does."""
        self.connection.create_resource_object("window", number).configure(width=width, height=height)
        self.connection.sync()

    def close(self, number):
        """Clicks the window's close button, so to speak."""
        atom = self.connection.intern_atom
        window = self.connection.create_resource_object("window", number)
        message = protocol.event.ClientMessage(
            window=window, client_type=atom("WM_PROTOCOLS"), data=(32, [atom("WM_DELETE_WINDOW"), X.CurrentTime, 0, 0, 0])
        )
        window.send_event(message)
        self.connection.sync()


def colours(picture):
    """How many different colours there are, and the share of the most frequent one."""
    packed = picture.astype(np.uint32) @ np.array([65536, 256, 1], np.uint32)
    counts = np.unique(packed, return_counts=True)[1]
    return len(counts), counts.max() / packed.size


def save(path, picture):
    """Writes a PNG."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width, _ = picture.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), picture.reshape(height, -1)], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(path).write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes())) + chunk(b"IEND", b"")
    )
