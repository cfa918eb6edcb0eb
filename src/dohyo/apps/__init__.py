"""App packages: format, life cycle as resumable jobs, and the catalog as data under catalog/<app>/<version>/."""
