"""The event store: schema, durable inserts, deduplication by row key, hot fields, engines (embedded chDB; cluster later). Knows nothing of queries' meaning."""
