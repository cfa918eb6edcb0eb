"""Users, roles, sessions, access keys, secrets at rest."""
