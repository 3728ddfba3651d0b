"""A payment gateway that moves no money: an HTTP server of its own with books of its own, for the demo and for tests.

It imports nothing of the project, so that its books can be held against ours. Amounts are whole numbers of minor units.
docs/payments.md lists its cards.

Something new that goes wrong is a word of `cards.Twist` and what `server._Handler._go_wrong` does then, or, where it is
an outcome, what `ledger.move` writes down. A new way to tell of it is a word of `cards.Manner` and what
`webhooks.queue` does. A card that does it is a line of `cards.CARDS`; tests ask for it by its word, with POST /script.
"""
