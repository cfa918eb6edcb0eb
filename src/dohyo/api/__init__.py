"""The HTTP interface and the pages: routes only, that is shape, permission and status of an answer.

Owns the one process (`services`), who a request comes from (`gate`), the two published error bodies and our
own (`errors`). Nothing under `/api` answers without a session or an access key but `/api/health` and the
sign-in.
"""
