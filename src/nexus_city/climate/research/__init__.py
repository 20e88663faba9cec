"""Research: one table a day for those who study the city, made only of what people gave to research.

A city that declares a share of ε for it releases, once, when a person-day ends, how many people were in each cell of
the 8×8 grid with the last check-in that they gave for the city *and* for research, and how many only said that they
were there. A person is in it once, so its noise is that of a single move, whatever m is. A city that declares no share
has no such table, and what a person says about research is then without effect.
"""
