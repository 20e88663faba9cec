"""Vitals: the network's own health. It knows when its mirror is broken, and says so in words.

What it looks at is of two kinds and of no third: *released facts* (tables, climates, what displays show of them), and
*the machine* (who gave a sign of life, and when). It reads no check-in, no count of requests, no person.

* `metrics`: spread, fragmentation, divergence, harmony, from released tables, without bias from their noise.
* `watch`: what is unusual, at a rate of false alarms that is stated.
* `causes`: what explains it, in the order machine, attack, choice, people, always with its evidence.
* `reading`: the figures of a day from what it released.
* `echoes`: whether displays show what was released; `burn`: how fast a promise is being used up; `canary`: a feeling
  that is given every minute at the door and taken back, to know that the door is open; `incidents`: what was wrong,
  from when to when.

The running city is looked at once a minute for what machines say (`status`), and told of by day. Its tables are not
watched by charts yet: `watch` is fed by benchmarks, and no cause among people is named of a real city.

Invariants
* No ranking of places, people or moods. A figure is of the city, or of a community against its own past.
* An alarm carries its threshold, its promise and the assumption under which it holds.
* People are named as a cause only when no machine and no attack explains what is seen.
"""
