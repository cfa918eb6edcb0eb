"""Makes one package of these tests, so that they share one server."""
