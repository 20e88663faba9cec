"""Tending: what those who tend the city see when its mirror is broken, and what they write down of what they tried.

* `timeline`: an incident step by step: each sign and each place as it came, places that were mended, notes of staff.
* `hour`: the city at any past moment, as its public feed told it then, with the incidents that lasted.
* `dimensions`: in which of its circumstances a place differs from the others; `circumstances`: what these are now.
* `routes`: the doors of `/console/vitals`.

Invariants
* Two clocks: climates live in city time, incidents in real time; an answer says which is which.
* Nothing is told of a moment that the public feed had not told by that moment.
* Circumstances are of machines and charters. No people, no counts of them, no moods.
* A note is written by somebody who is signed in, is read by those who tend the city, and goes with its incident.
"""
