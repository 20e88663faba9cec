"""The command `nexus serve` as a host meets it: started twice, stopped in the middle of things, started again."""

import asyncio
import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

PATIENCE_S = 30
"""Real seconds after which a test gives up; nothing here is a measurement."""


class Served:
    """A city that the command serves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(serve(folder), stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE_S
        while not (found := re.search(r"http://127\.0\.0\.1:(\d+)/\s", self.text())):
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < deadline, self.text()
            time.sleep(0.02)
        self.port = int(found[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def text(self) -> str:
        """Return everything that the command printed."""
        return self.log.read_text()

    def stop(self, number: int) -> int:
        """Send a signal; return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


def serve(folder: Path, *more: str) -> list[str]:
    """Return the command line that serves `folder`."""
    return [sys.executable, "-m", "nexus_city", "serve", "--port", "0", "--data", str(folder / "data"), *more]


@contextlib.contextmanager
def served(folder: Path) -> Iterator[Served]:
    """Serve a city, and leave nothing running."""
    city = Served(folder)
    try:
        yield city
    finally:
        city.process.kill()
        city.process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_asked_to_stop_it_says_goodbye_to_everybody_and_ends_well(number: int, tmp_path: Path) -> None:
    """With walls that read, a wall that never reads, and somebody who never finishes a request."""
    with served(tmp_path) as city:
        async with aiohttp.ClientSession(city.url) as client:
            wall = await client.get("/v1/stream")
            socket_wall = await client.ws_connect("/v1/stream")
            stuck = opened(city, b"GET /v1/stream HTTP/1.1\r\nhost: x\r\n\r\n")
            half = opened(city, half_a_request(city))
            assert wall.status == 200
            assert await asyncio.to_thread(city.stop, number) == 0
            await wall.content.read()  # ends, and is not broken off
            assert (await socket_wall.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
            stuck.close()
            half.close()
        assert "Traceback" not in city.text(), city.text()


async def test_who_hangs_up_in_the_middle_is_not_in_the_log_and_in_nobodys_way(tmp_path: Path) -> None:
    with served(tmp_path) as city:
        await well(city)
        before = city.text()
        for _ in range(20):
            opened(city, half_a_request(city)).close()
            opened(city, b"POST /v1/devices HTTP/1.1\r\nhost: x\r\n\r\n").close()
            opened(city, b"GET /v1/stream HTTP/1.1\r\nhost: x\r\n\r\n").close()
            opened(city, b"\x16\x03\x01\x02\x00\x01\x00\x01").close()
        await well(city)
        assert city.stop(signal.SIGTERM) == 0
        quiet = city.text().removeprefix(before).replace("Invalid HTTP request received.", "")
        assert "Traceback" not in quiet
        assert "127.0.0.1:" not in quiet, "nobody's address stays behind"


async def test_a_wall_that_a_restart_sent_away_is_let_in_again(tmp_path: Path) -> None:
    with served(tmp_path) as city:
        async with aiohttp.ClientSession(city.url) as client:
            wall = await client.get("/v1/stream", headers={"last-event-id": "0"})
            assert wall.status == 200
            assert city.stop(signal.SIGTERM) == 0
            await wall.content.read()
    with served(tmp_path) as city:
        async with aiohttp.ClientSession(city.url) as client:
            wall = await client.get("/v1/stream", headers={"last-event-id": "0"})
            assert wall.status == 200
            wall.close()


def test_a_second_server_on_the_same_folder_is_refused_in_two_lines(tmp_path: Path) -> None:
    with served(tmp_path) as city:
        second = subprocess.run(serve(tmp_path), capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert second.returncode == 2
        assert second.stderr.splitlines() == [
            f"Another nexus is already serving {tmp_path / 'data'}.",
            "Stop it first, or choose another folder with --data DIR.",
        ]
        assert city.process.poll() is None
    with served(tmp_path):
        pass  # a server that was killed does not keep the folder


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [*serve(tmp_path)[:-4], "--port", str(port), "--data", str(tmp_path / "data")]
        refused = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert refused.returncode == 2
    assert f"127.0.0.1:{port} cannot be used" in refused.stderr
    assert "Traceback" not in refused.stderr


async def well(city: Served) -> None:
    """Check that a city serves."""
    async with aiohttp.ClientSession(city.url) as client, client.get("/health") as answer:
        assert (await answer.json())["status"] == "ok"


def opened(city: Served, text: bytes) -> socket.socket:
    """Open a connection and say `text`."""
    connection = socket.create_connection(("127.0.0.1", city.port), PATIENCE_S)
    connection.sendall(text)
    return connection


def half_a_request(city: Served) -> bytes:
    """Return a check-in of a known device whose body is not whole."""
    with opened(city, b"POST /v1/devices HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n") as connection:
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    token: Any = json.loads(answer.partition(b"\r\n\r\n")[2])["token"]
    return (
        f"POST /v1/places/square/check-ins HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n"
        'content-type: application/json\r\ncontent-length: 200\r\n\r\n{"key": '
    ).encode()
