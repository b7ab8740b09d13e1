"""Opens the page that `rollcall plot` writes in a headless Chromium and uses it as a person would.

    python cli/tests/page.py PROGRAM MODEL AUDIO [FOLDER]

PROGRAM is the built `rollcall`, MODEL a package (`-` for the embedded one), AUDIO any audio file. With FOLDER the pictures
stay there, to be looked at. Needs the Debian packages chromium and chromium-driver; speaks the W3C's WebDriver protocol.
"""

import base64
import contextlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree

PNG = b"\x89PNG\r\n\x1a\n"
SPACE, LEFT = "\ue00d", "\ue012"


class Browser:
    """A session of chromedriver."""

    def __init__(self, width, height):
        driver = shutil.which("chromedriver")
        assert driver, "chromedriver is missing: apt-get install chromium chromium-driver"
        self.process = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        port = next(found for line in self.process.stdout if (found := re.search(r"successfully on port (\d+)", line)))
        # Only this machine is spoken to, whatever proxies there are.
        self.open = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
        self.root = f"http://127.0.0.1:{port[1]}/session"
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"]
        arguments += [f"--window-size={width},{height}", "--mute-audio", "--force-device-scale-factor=1"]
        capabilities = {"browserName": "chrome", "goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}}
        answer = self.call("POST", "", {"capabilities": {"alwaysMatch": capabilities}})
        self.root += "/" + answer["sessionId"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.root + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with self.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from None

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": arguments})

    def until(self, script, what, seconds=20):
        end = time.monotonic() + seconds
        while not (value := self.run(f"return {script}")):
            assert time.monotonic() < end, f"{what}: not within {seconds} s; {script} is {value!r}"
            time.sleep(0.1)
        return value

    def mouse(self, *steps):
        """Steps are (x, y) to go to, in pixels of the window, or 'down' and 'up'."""
        actions = []
        for step in steps:
            if isinstance(step, tuple):
                actions.append({"type": "pointerMove", "duration": 0, "x": round(step[0]), "y": round(step[1])})
            else:
                actions.append({"type": f"pointer{step.capitalize()}", "button": 0})
        source = {"type": "pointer", "id": "mouse", "actions": actions, "parameters": {"pointerType": "mouse"}}
        self.call("POST", "/actions", {"actions": [source]})

    def wheel(self, x, y, amount):
        scroll = {"type": "scroll", "x": round(x), "y": round(y), "deltaX": 0, "deltaY": amount, "duration": 0}
        self.call("POST", "/actions", {"actions": [{"type": "wheel", "id": "wheel", "actions": [scroll]}]})

    def key(self, key):
        actions = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keys", "actions": actions}]})

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.call("GET", "/screenshot")))

    def close(self):
        with contextlib.suppress(Exception):
            self.call("DELETE", "")
        self.process.terminate()
        self.process.wait(10)


def check_page(browser, page, folder, timeline):
    browser.call("POST", "/url", {"url": page.as_uri()})
    browser.until("window.rollcall && document.getElementById('chart').height > 300", "the page is drawn")
    told = browser.run("return [...document.querySelectorAll('#who div')].map((word) => word.textContent)")
    heard = {r["class"] for r in timeline["ranges"]}
    assert len(told) == min(9, len(heard)) and told, told
    assert browser.run("return document.title").startswith("Ünï <b> & co.ogg"), "the name is told as it is"
    assert not browser.run("return document.querySelector('h1 b')"), "a name is no markup"
    assert browser.run("return rollcall.sheet.lanes.length") == len(timeline["classes"])
    rows = browser.run("return document.querySelectorAll('#table tbody tr').length")
    assert rows == len(heard), (rows, heard)

    box = browser.run("const b = document.getElementById('chart').getBoundingClientRect(); return [b.x, b.y, b.width, b.height]")
    left, right = (box[0] + value for value in browser.run("return [layout.left, layout.right]"))
    x, y = left + (right - left) / 2, box[1] + box[3] / 3
    start, end = browser.run("return [START, END]")

    browser.mouse((x, y))
    browser.until("!document.getElementById('tip').hidden", "hovering tells what is there")
    hover = browser.run("return rollcall.state.hover")
    assert abs(hover - (start + end) / 2) < (end - start) / 200, hover
    tip = browser.run("return document.querySelector('#tip .at').textContent")
    assert tip.startswith("0:"), tip
    browser.screenshot(folder / "page-hover.png")

    # The value that the tip shows is the timeline's.
    step = min(range(len(timeline["times_s"])), key=lambda k: abs(timeline["times_s"][k] - hover))
    lanes = browser.run("return rollcall.sheet.lanes.map((lane) => [lane.name, activity(lane, arguments[0])])", hover)
    names = {name: "Mallets" if name == "mallet_percussion" else name.replace("_", " ").capitalize() for name in timeline["classes"]}
    near = [timeline["activity"][k] for k in (step - 1, step, step + 1) if 0 <= k < len(timeline["times_s"])]
    shown = dict(lanes)
    for index, name in enumerate(timeline["classes"]):
        assert min(abs(shown[names[name]] - row[index]) for row in near) <= 0.5 / 255 + 1e-6, name

    browser.wheel(x, y, -400)
    browser.until("rollcall.view.to - rollcall.view.from < 0.7 * (END - START)", "the wheel zooms")
    middle = browser.run("return (rollcall.view.from + rollcall.view.to) / 2")
    assert abs(middle - hover) < (end - start) / 100, "the second under the pointer stays there"
    before = browser.run("return rollcall.view.from")
    browser.mouse((x, y), "down", (x + 60, y), (x + 120, y), "up")
    assert browser.run("return rollcall.view.from") < before, "dragging moves"
    browser.key("0")
    browser.until("rollcall.view.from === START && rollcall.view.to === END", "0 shows everything")

    browser.mouse((left + (right - left) / 4, y), "down", "up")
    browser.until(f"Math.abs(rollcall.audio.currentTime - (START + (END - START) / 4)) < {(end - start) / 100}", "a click goes there")
    browser.until("rollcall.audio.readyState >= 3", "the audio inside the page is read")
    assert abs(browser.run("return rollcall.audio.duration") - timeline["duration_s"]) < 0.1
    browser.key(SPACE)
    browser.until("!rollcall.audio.paused", "space plays")
    at = browser.run("return rollcall.state.time")
    browser.until(f"rollcall.state.time > {at} + 0.5", "the cursor moves with the audio")
    drift = browser.run("return Math.abs(rollcall.state.time - rollcall.audio.currentTime)")
    assert drift < 0.5, f"cursor and audio are {drift} s apart"
    browser.screenshot(folder / "page-playing.png")
    browser.key(SPACE)
    browser.until("rollcall.audio.paused", "space pauses")
    before = browser.run("return rollcall.state.time")
    browser.key(LEFT)
    browser.until(f"rollcall.state.time < {before} - 0.5", "an arrow goes back")

    # Lanes are painted in the colours of their families.
    lane = browser.run(
        "const spot = layout.lanes.find((spot) => spot.lane.ranges.length); const [a, b] = spot.lane.ranges[0];"
        "const scale = devicePixelRatio, x = layout.left + ((a + b) / 2 - START) / (END - START) * (layout.right - layout.left);"
        "const data = canvas.getContext('2d').getImageData(x * scale, (spot.top + 16) * scale, 1, 1).data;"
        "return [[...data].slice(0, 3), parse(state.colours.families[spot.lane.family])]"
    )
    assert lane[0] == lane[1], lane
    browser.mouse((5, 5))
    browser.key("t")
    browser.until("document.documentElement.dataset.theme === 'light'", "t changes the theme")
    browser.screenshot(folder / "page-light.png")
    log = [entry for entry in browser.call("POST", "/se/log", {"type": "browser"}) if entry["level"] == "SEVERE"]
    assert not log, log
    outside = browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name).filter((name) => !name.startsWith('data:') && !name.startsWith('file:'))")
    assert not outside, f"the page asked the network for {outside}"


def check_pictures(browser, folder, name, timeline):
    """PNG and SVG are pictures that others can read, and show the same."""
    png = (folder / f"{name}.png").read_bytes()
    assert png.startswith(PNG)
    size = [int.from_bytes(png[at : at + 4], "big") for at in (16, 20)]
    document = xml.etree.ElementTree.parse(folder / f"{name}.svg").getroot()
    view = [int(number) for number in document.get("viewBox").split()]
    assert size == view[2:] and size[0] == 2400, (size, view)
    texts = [(element.text or "").strip() for element in document.iter("{http://www.w3.org/2000/svg}text")]
    assert name in texts and "Guitar" in texts and "Mallets" in texts, texts
    assert document.findall("{http://www.w3.org/2000/svg}image"), "the log-mel"
    browser.call("POST", "/url", {"url": (folder / f"{name}.svg").as_uri()})
    browser.screenshot(folder / "svg-in-browser.png")
    # The same picture, pixel for pixel but for the edges of letters: Chromium's against resvg's.
    script = """
        const done = arguments[arguments.length - 1];
        const load = (data) => new Promise((resolve) => { const image = new Image(); image.onload = () => resolve(image); image.src = data; });
        Promise.all(arguments[0].map(load)).then((images) => {
          const [a, b] = images.map((image) => {
            const canvas = document.createElement("canvas");
            [canvas.width, canvas.height] = [600, arguments[1]];
            const context = canvas.getContext("2d");
            context.drawImage(image, 0, 0, canvas.width, canvas.height);
            return context.getImageData(0, 0, canvas.width, canvas.height).data;
          });
          let sum = 0;
          for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
          done(sum / a.length);
        });"""
    sources = [
        "data:image/png;base64," + base64.b64encode(png).decode(),
        "data:image/svg+xml;base64," + base64.b64encode((folder / f"{name}.svg").read_bytes()).decode(),
    ]
    browser.call("POST", "/url", {"url": "about:blank"})
    difference = browser.call("POST", "/execute/async", {"script": script, "args": [sources, round(600 * size[1] / size[0])]})
    # Letters alone differ: fonts other than Inter stand in where the machine has no Inter. They cover under a tenth.
    assert difference < 6, f"PNG and SVG differ by {difference} of 255"


def main():
    program, model, audio, *keep = sys.argv[1:]
    program = pathlib.Path(program).resolve()
    chosen = [] if model == "-" else ["--model", pathlib.Path(model).resolve()]
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(keep[0]) if keep else pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        name = "Ünï <b> & co.ogg"
        shutil.copy(audio, folder / name)
        arguments = ["plot", name, "--format", "html,png,svg", "--threshold", "0.35", "--force"]
        subprocess.run([program, *arguments, *chosen], check=True, cwd=folder)
        run = subprocess.run([program, "analyze", name, "--threshold", "0.35", "--format", "json", *chosen], check=True, cwd=folder, capture_output=True)
        timeline = json.loads(run.stdout)
        assert timeline["ranges"], "this audio has no range: choose another"
        linked = folder / "linked page.html"
        subprocess.run([program, "plot", name, "-o", linked.name, "--audio", "link", "--theme", "light", "--force", *chosen], check=True, cwd=folder)
        browser = Browser(1280, 1000)
        try:
            check_page(browser, folder / f"{name}.html", folder, timeline)
            check_pictures(browser, folder, name, timeline)
            browser.call("POST", "/url", {"url": linked.resolve().as_uri()})
            browser.until("window.rollcall && rollcall.audio.readyState >= 2", "a linked file is found")
        finally:
            browser.close()
    print("the page, PNG and SVG are as they should be")


main()
