"""Dohyo: self-hosted security log search that speaks the Sumo Logic query language.

The data's path is the folder list: collect -> store -> (lang -> ops, functions -> plan -> compile -> sql) ->
search -> api.
"""

__version__ = "0.1.0"
