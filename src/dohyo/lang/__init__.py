"""Query text -> tokens -> syntax tree -> the same text.

Owns the lexical rules, the scope grammar, the expression grammar, the reader that operators parse their own
clauses with, and the formatter. Knows no operator and no function by name, and no meaning: `ops` and
`functions` do. What always holds: every node has a span into the text as typed; parsing never raises for user
input, it reports problems (at most five) and goes on at the next `|`.
"""
