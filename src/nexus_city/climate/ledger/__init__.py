"""The ledger: what releases have cost in ε, by day, by place and by purpose, open to everybody.

It is read from the released tables themselves, which carry their price in their own row; so it cannot be behind them.
What a place can have cost one person on a day is bounded by how often it spoke, and by m: a person sits once in each of
its windows, and m times a day in all.
"""
