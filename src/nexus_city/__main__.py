"""`python -m nexus_city` is the command `nexus`."""

from nexus_city.cli import main

main()
