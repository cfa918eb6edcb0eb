"""What every other package may use: spans, problems (errors as data), clock, ids, settings.

Owns no behaviour of the product. Imports nothing of Dohyo.
"""
