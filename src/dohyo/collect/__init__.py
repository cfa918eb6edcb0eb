"""Sources: the step contract, the supervisor, accounts of polls, file import. One file per source type.

Owns what is collected and how far. Nothing sleeps, reads a clock or opens a connection inside a step. Rows
are durable before the cursor that is past them is saved, so a process may be killed at any moment: rows
fetched again are dropped by the store's row key.
"""
