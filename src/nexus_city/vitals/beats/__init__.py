"""Signs of life of machines: each is asked once a minute, and says when it last gave one.

`disk` (a row that is committed and read back), `listener` (a reader of the stream, as a wall is one), `lights` (what
the rig and its wires tell, zone by zone); `beat` is what each of them says. The door's is the canary's, the displays'
are their echoes.
"""
