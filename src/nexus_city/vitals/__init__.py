"""Vitals: the network's own health. It knows when its mirror is broken, and says so in words.

What it looks at is of two kinds and of no third: *released facts* (tables, climates, what displays show of them), and
*the machine* (who gave a sign of life, and when). It reads no check-in, no count of requests, no person.

* `metrics`: spread, fragmentation, divergence, harmony, from released tables, without bias from their noise.
* `watch`: what is usual, what is not, at a rate of false alarms that is stated, and the signs of why.
* `watching`: these charts over a running city, day by day; the ledger of alarms; signs put together to causes.
* `causes`: what explains signs, in the order machine, attack, choice, people, always with its evidence.
* `beats`: signs of life on the way from the door to the light, and the day's tally of them; `canary`: a feeling that is
  given every minute at the door and taken back, and one that must not be counted; `echoes`: whether displays show what
  was released; `burn`: how fast a promise is being used up.
* `status`: all of that, looked at once a minute; `incidents`: what was wrong, from when to when; `tending`: what those
  see and write who mend it; `reading`: the figures of a day; `figures`: what of all this Prometheus is told.

Invariants
* No ranking of places, people or moods. A figure is of the city, or of a community against its own past.
* An alarm carries its threshold, its promise and the assumption under which it holds.
* People are named as a cause only when no machine and no attack explains what is seen.
"""
