"""Publishes to nchan at a fixed rate: `python nchan_publisher.py PORT RATE`. Its own CPU is not counted."""

import http.client
import itertools
import sys
import time

from message import message


def main() -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
    rate = float(sys.argv[2])
    start = time.monotonic()
    for number in itertools.count(1):
        connection.request("POST", "/publish", message())
        connection.getresponse().read()
        time.sleep(max(0, start + number / rate - time.monotonic()))


main()
