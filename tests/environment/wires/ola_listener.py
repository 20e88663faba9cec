"""Prints every DMX frame that OLA receives, as `universe hex`; run by the system's Python, which has OLA's client."""

import sys
from collections.abc import Callable

from ola.ClientWrapper import ClientWrapper

wrapper = ClientWrapper()
client = wrapper.Client()


def tell(universe: int) -> Callable[[bytes], None]:
    """Return what prints the frames of one universe."""
    return lambda data: print(universe, bytes(data).hex(), flush=True)


for asked in sys.argv[1:]:
    client.RegisterUniverse(int(asked), client.REGISTER, tell(int(asked)))
print("ready", flush=True)
wrapper.Run()
