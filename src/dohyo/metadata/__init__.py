"""SQLAlchemy models and Alembic migrations for everything that is not an event: accounts, collectors, sources, content, apps, jobs."""
