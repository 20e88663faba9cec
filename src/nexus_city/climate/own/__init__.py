"""Own: what a device can see of its own check-ins while the server holds them, and how it takes them back.

Only the device's token opens this door, and it opens on nobody else's: the day's pseudonym is made from it, and cannot
be asked for. When the day is over there is nothing left to show.
"""
