"""Prints a typed plan as one ClickHouse query, built as a sqlglot tree.

Owns how plan nodes and expressions look in SQL; what a function or an aggregate looks like stands in its own
row of the tables in `functions` and `ops`. What always holds: every node is one sub-select named `t`, columns
are always written `t.name`, so no alias can hide a column; the order of rows travels in hidden columns, so an
answer is the same whichever way the engine goes.
"""
