"""Commands only; each file offers register(app)."""
