"""Syslog sources: messages over UDP, TCP or TLS.

Syslog knows no acknowledgement: what was received and not yet written is lost with the process. While the
store is behind, connections are not read, so that senders wait; datagrams are dropped and counted.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from dohyo.base.problem import Problem, ProblemError
from dohyo.collect.intake import Intake
from dohyo.collect.log_events import Item, Origin
from dohyo.collect.log_settings import LogSettings, known_encoding
from dohyo.collect.multiline import Assembler, EachLine, Line, Message
from dohyo.collect.run import SourceRun
from dohyo.collect.source import Health
from dohyo.collect.syslog_frames import Frames, host_of

MOST_CONNECTIONS = 256
RECEIVED_BYTES = 64 * 1024
BUFFER_BYTES = 4 * 1024 * 1024  # of the system, for bursts of datagrams
LOOK_S = 0.2  # how soon a listener notices that it has to stop
HANDSHAKE_S = 10
PLACE_BITS = 40  # messages of a connection are told apart by their place, connections by what is above
DROPPED = "a datagram was dropped, as more arrived than the store could take"
REFUSED = f"a connection was refused, as {MOST_CONNECTIONS} are open"


class SyslogSettings(LogSettings):
    """A Syslog source. Our own besides the published keys: TLS, and the address it listens on.

    `certificate`, `privateKey` and `clientAuthority` are PEM texts; with the last one only senders with a
    certificate of that authority are let in.
    """

    protocol: Literal["UDP", "TCP", "TLS"] = "UDP"
    port: Annotated[int, Field(ge=1, le=65_535)] = 514
    bindAddress: str = "127.0.0.1"
    certificate: Annotated[str, Field(max_length=65_536)] | None = None
    privateKey: str | None = Field(default=None, max_length=65_536, repr=False)
    clientAuthority: Annotated[str, Field(max_length=65_536)] | None = None

    @field_validator("bindAddress")
    @classmethod
    def _an_address(cls, address: str) -> str:
        for family in (socket.AF_INET, socket.AF_INET6):
            with contextlib.suppress(OSError):
                socket.inet_pton(family, address)
                return address
        raise ValueError("an address of this machine is needed, such as 127.0.0.1, or 0.0.0.0 for all")

    @model_validator(mode="after")
    def _tls_is_whole(self) -> SyslogSettings:
        if self.protocol == "TLS":
            tls_context(self)
        return self


def tls_context(settings: SyslogSettings) -> ssl.SSLContext:
    """ValueError where certificate and key are missing or do not fit."""
    if not (settings.certificate and settings.privateKey):
        raise ValueError("protocol TLS needs certificate and privateKey")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        # The library reads files only; this one is readable by us alone.
        with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
            file.write(f"{settings.privateKey}\n{settings.certificate}\n")
            file.flush()
            # Without it the library asks the terminal for the password of an encrypted key.
            context.load_cert_chain(file.name, password="")
        if settings.clientAuthority:
            context.load_verify_locations(cadata=settings.clientAuthority)
            context.verify_mode = ssl.CERT_REQUIRED
    except (ssl.SSLError, ValueError) as error:
        raise ValueError(f"certificate and privateKey cannot be used: {error}") from None
    return context


def run_syslog(run: SourceRun) -> None:
    """Listens and stores until told to stop. ProblemError where it cannot listen."""
    settings: SyslogSettings = run.settings
    listener = _listener(settings)
    intake = Intake(run)
    stop = threading.Event()
    kind = _Datagrams if settings.protocol == "UDP" else _Connections
    serve = kind(listener, settings, intake, stop).serve
    thread = threading.Thread(target=serve, name=f"syslog-{run.source.id}", daemon=True)
    thread.start()
    try:
        run.journal.note_health(Health("Collecting"))
        intake.write_until(run.stop)
    finally:
        stop.set()
        intake.close()
        listener.close()
        thread.join()
    intake.write_rest()


def _listener(settings: SyslogSettings) -> socket.socket:
    kind = socket.SOCK_DGRAM if settings.protocol == "UDP" else socket.SOCK_STREAM
    family = socket.AF_INET6 if ":" in settings.bindAddress else socket.AF_INET
    listener = socket.socket(family, kind)
    try:
        if kind == socket.SOCK_STREAM:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        listener.bind((settings.bindAddress, settings.port))
        if kind == socket.SOCK_STREAM:
            listener.listen()
    except OSError as error:
        listener.close()
        place = f"{settings.bindAddress} port {settings.port} ({settings.protocol})"
        message = f"it cannot listen on {place}: {error.strerror}"
        raise ProblemError([Problem("syslog-port", message)]) from None
    listener.settimeout(LOOK_S)
    return listener


class _Datagrams:
    """Every datagram is a message."""

    def __init__(
        self, listener: socket.socket, settings: SyslogSettings, intake: Intake, stop: threading.Event
    ) -> None:
        self._listener, self._intake, self._stop = listener, intake, stop
        self._encoding = known_encoding(settings.encoding) or "utf-8"
        self._numbers = itertools.count()

    def serve(self) -> None:
        while not self._stop.is_set():
            try:
                received, peer = self._listener.recvfrom(RECEIVED_BYTES)
            except TimeoutError:
                continue
            except OSError:
                return
            text = received.decode(self._encoding, "replace").rstrip("\r\n\0")
            message = Message(text, next(self._numbers))
            if text.strip() and not self._intake.offer(_items([message], peer[0])):
                self._intake.note(DROPPED)


class _Connections:
    """A thread for each connection, which waits while the store is behind."""

    def __init__(
        self, listener: socket.socket, settings: SyslogSettings, intake: Intake, stop: threading.Event
    ) -> None:
        self._listener, self._settings, self._intake, self._stop = listener, settings, intake, stop
        self._context = tls_context(settings) if settings.protocol == "TLS" else None
        self._threads: set[threading.Thread] = set()
        self._numbers = itertools.count()

    def serve(self) -> None:
        while not self._stop.is_set():
            try:
                connection, peer = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                break
            self._threads = {one for one in self._threads if one.is_alive()}
            if len(self._threads) >= MOST_CONNECTIONS:
                connection.close()
                self._intake.note(REFUSED)
                continue
            given = (connection, peer[0], next(self._numbers))
            thread = threading.Thread(target=self._read, args=given, daemon=True)
            self._threads.add(thread)
            thread.start()
        for thread in self._threads:
            thread.join()

    def _read(self, connection: socket.socket, peer: str, number: int) -> None:
        frames = Frames(known_encoding(self._settings.encoding) or "utf-8", number << PLACE_BITS)
        assembler = Assembler(EachLine())

        def put(lines: list[Line]) -> None:
            found = assembler.add(lines)
            # A frame is whole when it ends: only one of which more comes stays open.
            self._intake.put(_items(found if frames.is_open else found + assembler.finish(), peer))

        try:
            with self._secured(connection) as secured:
                for received in self._received(secured):
                    put(frames.feed(received))
        except OSError as error:  # those of TLS too
            self._intake.note(f"a connection broke: {error}")
        put(frames.end())

    @contextlib.contextmanager
    def _secured(self, connection: socket.socket) -> Iterator[socket.socket]:
        with connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            connection.settimeout(HANDSHAKE_S)
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            connection.settimeout(LOOK_S)
            with connection:
                yield connection

    def _received(self, connection: socket.socket) -> Iterator[bytes]:
        while not self._stop.is_set():
            try:
                received = connection.recv(RECEIVED_BYTES)
            except TimeoutError:
                continue
            if not received:
                return
            yield received


def _items(messages: list[Message], peer: str) -> list[Item]:
    origins: dict[str, Origin] = {}
    items = []
    for message in messages:
        host = host_of(message.text) or peer
        items.append(Item(message, origins.setdefault(host, Origin(peer=host))))
    return items
