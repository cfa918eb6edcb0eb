"""The slow, plain reference interpreter: a plan over list[dict]. Owns nothing but obviousness; shares no code with the SQL printer except the plan."""
