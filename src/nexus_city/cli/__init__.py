"""The command `nexus`: serve a city, show a demo of one, keep copies, and let people who are not there live in one.

One module for what belongs together: `serving`, `demo`, `copies`, `living`, `story`, `calibrating`. `options` and
`addresses` are shared by them; `command` puts them together.

Invariants
* What goes wrong is said in two lines, what is wrong and what to do, and never in a traceback.
* A command builds and asks; what a city does is in its rooms.
"""

from nexus_city.cli.command import cli, main

__all__ = ["cli", "main"]
