"""`nexus serve` with one difference: its intake answers at once and keeps nothing.

Everything else is the product's own: the socket, uvicorn, the signature, the rate limit, decoding, validation, the
receipt. What the durable city costs beyond this is the price of keeping a promise.
"""

import time

from nexus_city.cli import main
from nexus_city.climate.book import Contribution
from nexus_city.climate.intake import Intake, Order

_QUARTER_S = 900


def answer_at_once(_: Intake, order: Order) -> None:
    """Say that it was counted, without having done so."""
    start_s = int(time.time()) // _QUARTER_S * _QUARTER_S
    given = Contribution(0, 0, 0, start_s, 1, order.value, order.words, b"\0" * 16, 1, 1)
    order.answer.set_result(given)


Intake.submit = answer_at_once  # type: ignore[method-assign]
main()
