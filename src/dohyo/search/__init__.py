"""Runs compiled queries: segments, lookups, search jobs, limits, cancelling, paging, dashboard runs and their
cache.
"""
