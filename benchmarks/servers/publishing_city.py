"""A whole city at the product's own server settings, into whose hub climates are published at a fixed rate.

`python publishing_city.py PORT FOLDER RATE`. Its clock stands still, so that no window of its own closes. At the end
it prints what its hub counted.
"""

import asyncio
import contextlib
import itertools
import sys
from pathlib import Path

from message import message

from nexus_city.app import Nexus
from nexus_city.cli.serving import run
from nexus_city.climate.hub import Hub
from nexus_city.ground import HandClock, Settings

_MORNING_MS = 1_790_000_000_000


async def publish(hub: Hub, rate: float) -> None:
    """Publish a climate every 1/rate seconds, at the times a metronome gives, until cancelled."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for number in itertools.count(1):
        hub.publish("museum", number, message())
        await asyncio.sleep(start + number / rate - loop.time())


def main() -> None:
    settings = Settings(port=int(sys.argv[1]), data=Path(sys.argv[2]))
    nexus = Nexus(settings, HandClock(_MORNING_MS))
    with contextlib.suppress(KeyboardInterrupt):  # that is how the benchmark stops it
        run(nexus, settings, lambda _: publish(nexus.hub, float(sys.argv[3])))
    print(f"delivered {nexus.hub.delivered} skipped {nexus.hub.skipped}")


main()
