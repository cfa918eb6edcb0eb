"""A faithful stand-in for Microsoft Graph Security: sign-in, alerts_v2, faults; for the demo and the tests.

Owns made-up alerts and their life, the token endpoint, and the list of alerts with its filter, paging, limits
and errors. Knows nothing of the product that collects from it. Always holds: the same seed gives the same
alerts, and every alert version that left in a complete answer is in the log of versions.
"""
