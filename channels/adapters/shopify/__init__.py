"""The orders export of Shopify: CSV, one row for each line of an order.

`format` finds the rows of an order, `columns` and `cells` read them, `rules` says what they mean: `lines` the goods,
`sums` and `money` the amounts, `people` who and where to. `words` are the tables.
"""
