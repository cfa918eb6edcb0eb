"""SQLAlchemy models and Alembic migrations for everything that is not an event.

Owns the schema: accounts, collectors, sources, content, apps, jobs. Leaves every rule about them to the
packages that use a table; each table names the one package that may touch it. A database opened here is
always at the newest migration.
"""
