"""Users, roles, sessions, access keys, secrets at rest.

Owns who somebody is and what the role allows; the API asks and turns the answer into a status. Passwords are
kept as argon2 hashes, tokens and key secrets as SHA-256 of long random text, settings of sources encrypted.
Nobody can remove or demote the last active administrator.
"""
