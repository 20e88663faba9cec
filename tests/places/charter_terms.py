"""Terms as Hypothesis draws them: every combination that a place could declare."""

from typing import Any, get_args

from hypothesis import strategies as st

from nexus_city.boundaries.policy import Reach
from nexus_city.places.charters.model import Changes, Terms
from nexus_city.places.model import ConsentRule, Grid, Live, Policy, Presence, Setting, WindowS


def one_of(kind: object) -> st.SearchStrategy[Any]:
    """Draw one of the values of a `Literal`."""
    return st.sampled_from(get_args(kind))


RULES = st.builds(
    ConsentRule,
    share=st.sampled_from([0.6, 0.66, 0.75, 1.0]),
    quorum=st.integers(3, 40),
    days=st.integers(1, 30),
    objections=st.none() | st.integers(0, 5),
)
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "setting": one_of(Setting),
    "presence": one_of(Presence),
    "audiences": st.sets(one_of(Reach), min_size=1).map(tuple),
    "finest_grid": one_of(Grid),
    "fastest_s": one_of(WindowS),
    "live": one_of(Live),
    "words": st.booleans(),
    "policy": one_of(Policy),
    "expected_crowd": st.integers(0, 100),
    "welcome": st.sampled_from(["", "Come in."]),
    "consent": RULES,
}
TERMS = st.builds(Terms, **FIELDS).map(lambda terms: terms.forced())
CHANGES = st.fixed_dictionaries({}, optional=FIELDS).map(lambda wished: Changes(**wished))
