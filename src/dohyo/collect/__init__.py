"""Sources: the step contract, the supervisor, accounts of polls, file import. One file per source type. Nothing sleeps or reads a clock inside a step."""
