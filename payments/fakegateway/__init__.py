"""A payment gateway that moves no money: an HTTP server of its own with books of its own, for the demo and for tests.

It imports nothing of the project, so that its books can be held against ours. Amounts are whole numbers of minor units.
docs/payments.md lists its cards.
"""
