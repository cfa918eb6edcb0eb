"""Sockets that servers listen on."""

from __future__ import annotations

import socket


def listening(host: str, port: int, *, backlog: int = 100) -> socket.socket:
    """A TCP socket bound to the address; port 0 takes a free one. OSError where it cannot.

    Connections taken from it send small writes at once. asyncio switches that on only for sockets that carry
    their protocol number, which those of `create_server` do not; an answer of two writes on a connection
    that is kept open then waits 40 ms for the client's acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.create_server((host, port), family=family, backlog=backlog)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made
