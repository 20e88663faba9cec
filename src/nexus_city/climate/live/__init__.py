"""Live: places whose crowd is so large that they may be told again at every step of five minutes.

The mathematics is `boundaries.continual`; here it meets a city. A place is live on a person-day when its charter
permits it, its setting is public, nothing lies below it, and the day's plan finds that a picture of who stands there is
off by at most 10 % (`terms`, `climate.plan`). Then a check-in there takes two of the day's m seats, and the person
stands in one cell of the place: until they check in there again, until they take everything back, or for an hour
(`standing`). Every step tells the whole table anew, with noise that remembers (`store`).

Whoever is drawn from places below hears a live place once an hour: its table at the end of the hour holds those who
checked in during that hour, each once, as a table of an hourly place does.

Invariants
* Who stands where is a function of the log, so a crash or a late close changes nothing of it.
* The generator's state is kept in the transaction that keeps what was released with it. It is as secret as what is raw:
  in no copy of the file, and gone with its day.
* A step is drawn for the day's table once: after a crash the generator goes on from the last step that was released.
* Where no place is live, nothing of this is done.
"""
