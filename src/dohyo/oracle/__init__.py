"""The slow, plain reference interpreter: runs a plan over rows in memory.

Owns nothing but obviousness: it shares no code with the SQL printer except the plan and the tables of
functions and aggregates, whose `rows` it calls. What always holds: its answer is the answer, values and
order; the engine has to give the same.
"""
