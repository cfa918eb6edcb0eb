"""Syslog sources over real sockets, run by the supervisor."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st
from tests.collect.log_sources import KeptEvents, free_port, running

from dohyo.collect.refusals import Refused
from dohyo.collect.syslog_frames import Frames

NEW = "<34>1 2026-11-24T10:00:00.123Z web-1 su - ID47 - failed"
OLD = "<34>Nov 24 10:00:01 web-2 su: failed"
CA = trustme.CA()


def body(protocol: str, port: int, **settings) -> dict:
    return {"sourceType": "Syslog", "name": "in", "protocol": protocol, "port": port, **settings}


@contextmanager
def connected(port: int):
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        yield connection


def shown(kept: KeptEvents) -> list[tuple]:
    return sorted((event.raw, event.sourcehost, event.messagetime_ms) for event in kept.events.values())


def test_lines_and_counted_frames_arrive_over_tcp_with_host_and_time(tmp_path):
    port = free_port()
    with running(tmp_path, body("TCP", port)) as run:
        with connected(port) as one, connected(port) as two:
            one.sendall(f"{OLD}\n<13>no header\r\n\n".encode())
            many = f"{NEW}\nover lines"
            two.sendall(f"{len(NEW)} {NEW}{len(many.encode())} {many}".encode())
        run.wait_for(lambda: len(run.kept.events) == 4)
        times = {raw: (host, time_ms) for raw, host, time_ms in shown(run.kept)}
    assert set(times) == {OLD, "<13>no header", NEW, many}
    assert times[NEW] == ("web-1", 1_795_514_400_123)
    assert times[OLD][0] == "web-2" and times[OLD][1] % 86_400_000 == 36_001_000
    assert times["<13>no header"][0] == "127.0.0.1"


def test_datagrams_are_messages(tmp_path):
    port = free_port(socket.SOCK_DGRAM)
    with running(tmp_path, body("UDP", port, category="net/fw", hostName="fw")) as run:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for text in (NEW, f"{OLD}\n", "  ", "two\nlines"):
                sender.sendto(text.encode(), ("127.0.0.1", port))
        run.wait_for(lambda: len(run.kept.events) == 3)
        events = list(run.kept.events.values())
    assert [event.raw for event in events] == [NEW, OLD, "two\nlines"]
    assert {(event.sourcecategory, event.sourcehost) for event in events} == {("net/fw", "fw")}


def certified() -> dict:
    made = CA.issue_cert("127.0.0.1")
    chain = "".join(pem.bytes().decode() for pem in made.cert_chain_pems)
    return {"certificate": chain, "privateKey": made.private_key_pem.bytes().decode()}


def test_tls_is_spoken_and_the_key_is_not_shown(tmp_path):
    port = free_port()
    with running(tmp_path, body("TLS", port, **certified())) as run:
        context = ssl.create_default_context()
        CA.configure_trust(context)
        with connected(port) as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as secured:
            secured.sendall(f"{NEW}\n".encode())
        with connected(port) as plain:
            plain.sendall(b"no handshake\n")
        run.wait_for(lambda: run.kept.texts() == [NEW])
        [source] = run.registry.list_sources(run.registry.list_collectors()[0].id)
        assert run.registry.source_json(source)["privateKey"] == "********"
        assert "PRIVATE" not in str(source.config)


def test_sender_without_a_certificate_is_refused_where_one_is_asked_for(tmp_path):
    port = free_port()
    authority = CA.cert_pem.bytes().decode()
    with running(tmp_path, body("TLS", port, **certified(), clientAuthority=authority)) as run:
        context = ssl.create_default_context()
        CA.configure_trust(context)
        with (
            pytest.raises(OSError, match=r"certificate|closed|reset|[Bb]roken|EOF"),
            connected(port) as plain,
            context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
        ):
            secured.sendall(f"{NEW}\n".encode())
            secured.recv(1)
            raise OSError("closed")
        CA.issue_cert("sender@example.org").configure_cert(context)
        with connected(port) as plain, context.wrap_socket(plain, server_hostname="127.0.0.1") as secured:
            secured.sendall(f"{OLD}\n".encode())
        run.wait_for(lambda: run.kept.texts() == [OLD])


def test_messages_wait_while_the_store_fails_and_none_is_lost_or_doubled(tmp_path):
    port, kept = free_port(), KeptEvents()
    with running(tmp_path, body("TCP", port), kept) as run:
        kept.failure, kept.keeps_before_failing = OSError("disk full"), True
        with connected(port) as one:
            one.sendall(b"<1>a\n<1>a\n")
            run.wait_for(lambda: run.overview()["state"] == "Error")
            assert "disk full" in run.overview()["message"]
            one.sendall(b"<1>b\n")
            kept.failure = None
        run.wait_for(lambda: len(kept.events) == 3 and run.overview()["state"] == "Collecting")
    assert kept.texts() == ["<1>a", "<1>a", "<1>b"]
    poll = run.overview()["lastPoll"]
    # The store had the first two when it said that it failed.
    assert (poll["fetched"], poll["new"], poll["repeated"]) == (3, 1, 2)


def test_port_that_is_taken_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with running(tmp_path, body("TCP", port)) as run:
            shown = run.overview()
    assert shown["state"] == "Error"
    assert f"it cannot listen on 127.0.0.1 port {port} (TCP)" in shown["message"]
    assert shown["nextTry_ms"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"protocol": "SCTP"}, "'UDP', 'TCP' or 'TLS'"),
        ({"port": 0}, "greater than or equal to 1"),
        ({"bindAddress": "everywhere"}, "an address of this machine"),
        ({"protocol": "TLS"}, "needs certificate and privateKey"),
        ({"protocol": "TLS", "certificate": "x", "privateKey": "y"}, "cannot be used"),
    ],
)
def test_wrong_setting_is_refused(tmp_path, settings, words):
    with pytest.raises(Refused, match=words), running(tmp_path, body("UDP", 5140) | settings):
        pass


FRAME = st.text(st.characters(codec="utf-8", exclude_characters="\n\0\r"), max_size=12).map(
    lambda t: f"<1>{t}x"
)


@given(st.lists(FRAME, max_size=8), st.booleans(), st.data())
def test_frames_come_out_whole_however_they_are_received(messages, counted, data):
    coded = [message.encode() for message in messages]
    stream = b"".join(b"%d %s" % (len(one), one) if counted else one + b"\n" for one in coded)
    frames, lines = Frames("utf-8"), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        lines += frames.feed(stream[:size])
        stream = stream[size:]
    lines += frames.end()
    assert [(line.text, line.continues) for line in lines] == [(message, False) for message in messages]


def test_frame_over_the_limit_comes_in_pieces_in_bounded_memory():
    for stream in (b"25 <1>" + b"x" * 22 + b"<1>y\n", b"<1>" + b"x" * 22 + b"\n<1>y\n"):
        frames = Frames("utf-8", most_bytes=10)
        lines = [line for byte in stream for line in frames.feed(bytes([byte]))]
        assert [(line.text, line.at, line.continues) for line in lines] == [
            ("<1>xxxxxxx", 0, False),
            ("xxxxxxxxxx", 0, True),
            ("xxxxx", 0, True),
            ("<1>y", 1, False),
        ]
