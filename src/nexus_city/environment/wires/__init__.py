"""Wires: how light leaves the house. One module a protocol; packing is pure, sending never blocks and never raises.

A wire is handed a frame 44 times a second and must not hold the frame clock up: what a socket or a broker does not
take now is dropped and counted, for the next frame is 23 ms away. A wire that cannot send says so in its `state`; the
console shows it, and the others go on.

Own encoders: sACN (ANSI E1.31), Art-Net 4, DDP. Libraries: WLED's JSON, MQTT, OSC, Hue.
"""
