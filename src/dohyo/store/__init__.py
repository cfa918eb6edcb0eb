"""The event store: the `events` table, durable inserts, deduplication by row key, hot fields, and the engines
that hold it (embedded chDB).

What `insert` or the group writer has answered for is on disk, once. A store has one owner: the embedded
engine takes a lock on its folder, and a server leaves its address there. The store knows nothing of what
queries mean; it is given SQL trees and gives tables.
"""
