"""The attacker's toolbox: whoever may read everything that the city publishes, and the code, and still learns nothing.

One file is one attack. Each opens with its goal, its method, what counts as failure and what does not; each runs the
product's own code, and each is also run on the product with a bug planted in it, which it must find: an attack that
finds nothing in a broken city says nothing about a sound one.

    python -m tests.attacks.measure

prints the figures that stand in docs/privacy.md. What the attacker is assumed to know and to be able to do stands in
docs/threats.md.
"""
