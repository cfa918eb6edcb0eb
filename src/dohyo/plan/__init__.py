"""The typed plan of a query: value types, typed expressions, plan nodes, the fields known at a point.

Owns shapes only: `ops` builds plans, `compile` rewrites them, `sql` prints them as a sqlglot tree, `oracle`
runs them row by row. What always holds: every expression has a static type and every coercion is a node of
its own, so the SQL engine and the reference interpreter cannot disagree about what was meant.
"""
