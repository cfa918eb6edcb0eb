"""Keeping a data directory sound: backup, restore, checks. Owns no data of its own."""
