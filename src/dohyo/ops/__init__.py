"""One file per operator: syntax, check, lowering, reference implementation, help.

Owns what an operator means. An operator is one `Operator` value in a file of this folder, found by importing
the folder; adding one touches no list elsewhere. Parser keywords, completion, the manual and the test matrix
read this registry.
"""
