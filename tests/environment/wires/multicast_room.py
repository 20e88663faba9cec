"""A sender with two cables and a node at the end of one, in network namespaces of their own.

Run as root inside `unshare -n`, with the interface that the wire is told as the only argument; prints what the node
heard, as JSON: a list of [group, packet in hex] in the order of arrival.

    sender   lights  10.9.9.1 ────── 10.9.9.2  node
             office  10.9.8.1 ────── (nobody); the system's choice for multicast
"""

import json
import selectors
import socket
import subprocess
import sys
import time
import uuid

import numpy as np

from nexus_city.environment.patch import Wire
from nexus_city.environment.wires.codes import WireFrame
from nexus_city.environment.wires.sacn import DISCOVERY_UNIVERSE, PORT, SacnWire, multicast_address

UNIVERSES = (1, 2, 300)
SYNC = 7000
FRAMES = 3
LIGHTS, OFFICE, NODE = "10.9.9.1", "10.9.8.1", "10.9.9.2"


def ip(*words: str) -> None:
    """Change the network of this namespace."""
    subprocess.run(["ip", *words], check=True, timeout=10)


def send(interface: str) -> None:
    """Lay the cables, wait for the node, and play a few frames to it."""
    for near, far, address in (("lights", "node", LIGHTS), ("office", "nobody", OFFICE)):
        ip("link", "add", near, "type", "veth", "peer", "name", far)
        ip("address", "add", f"{address}/24", "dev", near)
        ip("link", "set", near, "up")
    ip("link", "set", "nobody", "up")
    ip("route", "add", "239.0.0.0/8", "dev", "office")
    command = ["unshare", "-n", sys.executable, __file__, "listen"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        assert node.stdin is not None
        assert node.stdout is not None
        assert node.stdout.readline() == "here\n"
        ip("link", "set", "node", "netns", str(node.pid))
        node.stdin.write("plugged in\n")
        node.stdin.flush()
        assert node.stdout.readline() == "listening\n"
        wire = SacnWire(
            Wire("w", "sacn", sync_universe=SYNC, interface=interface), "Nexus City", uuid.UUID(int=9), interface
        )
        for number in range(1, FRAMES + 1):
            wire.send(WireFrame(UNIVERSES, np.full((len(UNIVERSES), 512), number, np.uint8)))
            time.sleep(0.01)
        assert wire.state().state == "sending"
        wire.close()
        node.stdin.write("that was all\n")
        node.stdin.close()
        print(node.stdout.read())


def listen() -> None:
    """Join the groups of the universes, of the synchronisation and of the discovery; tell what comes."""
    print("here", flush=True)
    sys.stdin.readline()
    ip("address", "add", f"{NODE}/24", "dev", "node")
    ip("link", "set", "node", "up")
    ears = selectors.DefaultSelector()
    for universe in (*UNIVERSES, SYNC, DISCOVERY_UNIVERSE):
        group = multicast_address(universe)
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        ear.bind((group, PORT))  # hears this group and no other
        membership = socket.inet_aton(group) + socket.inet_aton(NODE)
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        ears.register(ear, selectors.EVENT_READ, group)
    time.sleep(0.2)  # until the cable carries
    print("listening", flush=True)
    sys.stdin.readline()
    heard: list[tuple[str, str]] = []
    while ready := ears.select(timeout=0.5):
        for key, _ in ready:
            assert isinstance(key.fileobj, socket.socket)
            heard.append((key.data, key.fileobj.recv(2000).hex()))
    print(json.dumps(heard))


if __name__ == "__main__":
    listen() if sys.argv[1] == "listen" else send(sys.argv[1])
