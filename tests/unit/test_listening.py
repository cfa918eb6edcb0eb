import socket

from dohyo.base.listening import listening


def test_connections_send_small_writes_at_once():
    with listening("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as taken:
            assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
