"""The command itself: what it consists of, and how it fails."""

import logging
import sys

import structlog
import typer

from nexus_city.cli.calibrating import calibrate
from nexus_city.cli.copies import backup, restore
from nexus_city.cli.demo import demo
from nexus_city.cli.living import replay, simulate
from nexus_city.cli.serving import serve
from nexus_city.cli.story import story
from nexus_city.ground import NexusError

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="A shared space feels what its people feel, and never learns who felt what.",
)
for command in (serve, demo, backup, restore, replay, simulate, story, calibrate):
    cli.command()(command)


def main() -> None:
    """Run the command; what goes wrong is said in two lines, not in a traceback."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        cli()
    except NexusError as refusal:
        print(f"{refusal.detail}\n{refusal.remedy}", file=sys.stderr)
        raise SystemExit(2) from None
