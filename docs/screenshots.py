"""Takes the pictures of docs/pictures/ from a living city: `make docs`.

It starts a demo of its own in a temporary folder, waits until the city has spoken for a while, and visits it with the
machine's Chromium as people would: on a phone and on a desk. Nothing is staged, so no two runs give the same picture.
With names (`docs/screenshots.py wall city-phone`) it takes only those that begin so.
"""
# ruff: noqa: T201 - a command that prints

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, sync_playwright
from scipy.cluster.vq import kmeans2
from scipy.spatial import cKDTree

PICTURES = Path(__file__).parent / "pictures"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
WALL = {"width": 1120, "height": 630}
CLIMATES = 7
"""Climates of the city to wait for: enough for a history, and it is not yet night."""
PATIENCE_S = 420
BUSY = "valen-square"
QUIET = "circle-house"
BROKEN, BROKEN_PLACE = "harbour", "ferry-landing"
SEEN_S = 45
"""Seconds after which displays have said what they show, and the console has asked how they do."""
LARGEST_KB = 400
"""No picture may be larger; they live in the repository."""
COLOURS = 256
_WEAVE = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) * 6 / 16 - 2.8
"""An ordered dither of six levels, so that water does not fall into bands."""
_PIXELS = """async (source) => {
  const image = new Image();
  image.src = 'data:image/png;base64,' + source;
  await image.decode();
  const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
  pen.drawImage(image, 0, 0);
  const reader = new FileReader();
  const read = new Promise((done) => { reader.onload = () => done(reader.result.split(',')[1]); });
  reader.readAsDataURL(new Blob([pen.getImageData(0, 0, image.width, image.height).data]));
  return [image.width, image.height, await read];
}"""
_LIGHT = ("--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--ignore-gpu-blocklist")


class City:
    """A running demo; what it says goes into the file `said`."""

    def __init__(self, url: str, said: Path) -> None:
        self.url = url
        self._said = said

    def code(self) -> str:
        """Return the setup code that it printed."""
        found = re.search(r"setup code (\S+)", self._said.read_text("utf-8"))
        if found is None:
            raise SystemExit("The demo printed no setup code; its words are above.")
        return found[1]

    def ask(self, path: str) -> Any:
        """Return the JSON at `path`."""
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:  # noqa: S310 - our own demo
            return json.load(answer)

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until the city has a history, and say how it goes."""
        until = time.monotonic() + PATIENCE_S
        spoken = 0
        while spoken < CLIMATES:
            if process.poll() is not None:
                raise SystemExit("The demo ended by itself; its words are above.")
            if time.monotonic() > until:
                raise SystemExit(f"The city spoke {spoken} times in {PATIENCE_S} s; that is too slow for a picture.")
            time.sleep(2)
            with contextlib.suppress(OSError):
                climates = self.ask(f"/v1/places/nexus/history?limit={CLIMATES}")["climates"]
                spoken = sum(climate["state"] == "speaks" for climate in climates)
                print(f"\r  waiting: the city has spoken {spoken} of {CLIMATES} times", end="", flush=True)
        print()

    def hear(self, place: str) -> None:
        """Wait until `place` speaks for itself; at night it may be a while."""
        until = time.monotonic() + PATIENCE_S
        while self.ask(f"/v1/places/{place}/climate")["state"] != "speaks" and time.monotonic() < until:
            time.sleep(1)

    def most_mixed(self) -> str:
        """Return the place in whose climate the four quadrants are nearest to equal."""
        evenness = {}
        for place in self.ask("/v1/places")["places"]:
            climate = self.ask(f"/v1/places/{place['id']}/climate")["climate"]
            if climate and climate["place"] == place["id"] and place["kind"] == "place":
                evenness[place["id"]] = max(_quadrants(climate["mixture"], climate["grid"]))
        evenness.pop(BUSY, None)
        return min(evenness, key=evenness.__getitem__, default=BUSY)


def _quadrants(mixture: list[float], side: int) -> list[float]:
    half = side // 2
    shares = [0.0] * 4
    for cell, share in enumerate(mixture):
        shares[cell // side // half * 2 + cell % side // half] += share
    return shares


@contextlib.contextmanager
def living_city() -> Iterator[City]:
    """Start a demo on a free port, and stop it cleanly."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="nexus-pictures-") as folder:
        command = ["demo", "--host", "127.0.0.1", "--port", str(port), "--data", f"{folder}/city"]
        with (Path(folder) / "demo.log").open("wb") as said:
            process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "nexus_city", *command], stdout=said
            )
            city = City(f"http://127.0.0.1:{port}", Path(said.name))
            try:
                city.wait(process)
                yield city
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(30)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """Open the machine's own browser."""
    path = os.environ.get("NEXUS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        raise SystemExit("There is no Chromium: run scripts/install-test-tools, or set NEXUS_CHROMIUM.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_LIGHT))
        yield browser
        browser.close()


class Photographer:
    """Visits pages of `city` and keeps pictures of those that were asked for (`wanted` empty: all)."""

    def __init__(self, city: City, browser: Browser, wanted: list[str]) -> None:
        self._city = city
        self._browser = browser
        self._wanted = wanted

    def wants(self, name: str) -> bool:
        """Whether a picture of this name is asked for."""
        return not self._wanted or any(name.startswith(each) for each in self._wanted)

    @contextlib.contextmanager
    def visit(self, path: str, size: dict[str, int], settle_s: float) -> Iterator[Page]:
        """Open a page in the dark, at rest (a slow machine paints moving water coarsely), and let it settle."""
        context = self._browser.new_context(
            viewport=size, color_scheme="dark", reduced_motion="reduce", locale="en-GB", has_touch=size is PHONE
        )
        try:
            page = context.new_page()
            page.set_default_timeout(30_000)
            page.goto(self._city.url + path)
            page.wait_for_selector("main")
            page.wait_for_timeout(settle_s * 1000)
            yield page
        finally:
            context.close()

    def keep(self, page: Page, name: str) -> None:
        """Take the picture."""
        file = PICTURES / f"{name}.png"
        file.write_bytes(self._lighter(page.screenshot()))
        size_kb = file.stat().st_size // 1024
        print(f"  {file.relative_to(PICTURES.parent.parent)}  {size_kb} KB")
        if size_kb > LARGEST_KB:
            raise SystemExit(f"{file.name} is larger than {LARGEST_KB} KB; make its window smaller.")

    def _lighter(self, png: bytes) -> bytes:
        """Return a picture with a palette: a fourth of the bytes, and hardly another look."""
        with self._browser.new_context() as context:
            width, height, pixels = context.new_page().evaluate(_PIXELS, base64.b64encode(png).decode())
        flat = np.frombuffer(base64.b64decode(pixels), np.uint8).reshape(height, width, 4)[..., :3]
        return indexed_png(flat)

    def take(self, name: str, place: str, path: str, size: dict[str, int]) -> None:
        """Take a picture of a page as it is while `place` speaks."""
        if self.wants(name):
            self._city.hear(place)
            with self.visit(path, size, 5) as page:
                self.keep(page, name)

    def check_in(self, path: str) -> None:
        """Check in with two words, and take pictures before and after."""
        if not self.wants("check-in") and not self.wants("receipt"):
            return
        with self.visit(path, PHONE, 1) as page:
            plane = page.get_by_role("slider").first
            box = plane.bounding_box()
            if box is None:
                raise SystemExit("The check-in page has no plane.")
            plane.click(position={"x": box["width"] * 0.74, "y": box["height"] * 0.3})
            for word in page.locator(".chips .chip").all()[:2]:
                word.click()
            page.wait_for_timeout(1500)
            self.keep(page, "check-in")
            page.locator("form .primary").click()
            page.locator("section.receipt h2").wait_for()
            page.wait_for_timeout(1500)
            self.keep(page, "receipt")

    def break_mirror(self) -> None:
        """Break the mirror of a community as its architect does; take pictures of a wall there and of the console."""
        if not self.wants("mirror"):
            return
        architect = {"code": self._city.code(), "name": "kira", "password": "four unrelated words"}
        settings: Any = {"color_scheme": "dark", "reduced_motion": "reduce", "locale": "en-GB"}
        with self._browser.new_context(viewport=DESK, **settings) as context:
            context.request.post(f"{self._city.url}/v1/setup", data=architect)
            page = context.new_page()
            page.goto(f"{self._city.url}/console/vitals")
            page.get_by_label(BROKEN.title()).check()
            page.get_by_role("button", name="Break the mirror").click()
            self.take("mirror-wall", BROKEN_PLACE, f"/wall/{BROKEN_PLACE}", WALL)
            page.wait_for_timeout(SEEN_S * 1000)
            self.keep(page, "mirror-console")


def indexed_png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a PNG of `pixels` (height, width, 3) in the colours that serve it best."""
    height, width, _ = pixels.shape
    rng = np.random.default_rng(0)
    flat = pixels.reshape(-1, 3).astype(float)
    sample = np.vstack([rng.choice(flat, 12_000), rng.choice(np.unique(flat, axis=0), 8_000)])  # the common, the rare
    palette = np.unique(kmeans2(sample, COLOURS, iter=12, minit="++", rng=rng)[0].round().clip(0, 255), axis=0)
    weave = np.tile(_WEAVE, (height // 4 + 1, width // 4 + 1))[:height, :width, None]
    nearest = cKDTree(palette).query(pixels + weave)[1].astype(np.uint8)
    rows = np.insert(nearest, 0, 0, axis=1)  # each row says that it is not filtered
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = {b"IHDR": header, b"PLTE": palette.astype(np.uint8).tobytes(), b"IDAT": zlib.compress(rows.tobytes(), 9)}
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in [*parts.items(), (b"IEND", b"")])


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def main(wanted: list[str]) -> None:
    """Take the pictures."""
    PICTURES.mkdir(exist_ok=True)
    print("Pictures of a living city:")
    with living_city() as city, chromium() as browser:
        photographer = Photographer(city, browser, wanted)
        for name, place, path, size in (
            ("city", "nexus", "/", DESK),
            ("city-phone", "nexus", "/", PHONE),
            ("wall-busy", BUSY, f"/wall/{BUSY}", WALL),
            ("why", BUSY, f"/why/{BUSY}", PHONE),
            ("wall-mixed", BUSY, f"/wall/{city.most_mixed()}", WALL),
            ("wall-quiet", BUSY, f"/wall/{QUIET}", WALL),
            ("privacy", BUSY, f"/privacy/{BUSY}", DESK),
        ):
            photographer.take(name, place, path, size)
        photographer.check_in(f"/p/{BUSY}/feel")
        photographer.break_mirror()


if __name__ == "__main__":
    main(sys.argv[1:])
