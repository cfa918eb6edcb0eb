"""HTTP routes only: shape, permission, status codes; wiring of the one process."""
