"""`nexus serve` with one difference: its intake answers at once and keeps nothing.

Everything else is the product's own: the socket, uvicorn, the signature, the rate limit, decoding, validation, the
receipt. What the durable city costs beyond this is the price of keeping a promise.
"""

import functools
import time

from nexus_city.boundaries import LADDER
from nexus_city.cli import main
from nexus_city.climate.book import Contribution
from nexus_city.climate.intake import Decision, Intake, Order
from nexus_city.climate.plan import DayPlan, strands
from nexus_city.places import City, person_day


@functools.cache
def plan_of(city: City) -> DayPlan:
    """Return a day on which every place speaks as finely as it can."""
    day = person_day(int(time.time()), city.zone)
    tables = {place.id: strands(city, place) for place in city.places}
    return DayPlan(day, {place.id: LADDER[0] for place in city.places}, {}, whole=True, strands=tables)


def answer_at_once(intake: Intake, order: Order) -> None:
    """Say that it was counted, without having done so."""
    plan = plan_of(intake._city())  # noqa: SLF001 - it stands in for the intake
    start_s, _ = plan.day.window(int(time.time()), LADDER[0].window_s)
    given = Contribution(0, 0, 0, start_s, 1, order.value, False, order.words, b"\0" * 16, 1, 1)
    order.answer.set_result(Decision(given, plan))


Intake.submit = answer_at_once  # type: ignore[method-assign]
main()
