"""Folders, dashboards, panels, variables, saved searches in the published Sumo shapes."""
