"""Clients that others wrote, with only the address given: what they send is stored as they meant it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from logging import getLogger
from logging.handlers import SysLogHandler
from pathlib import Path

import pytest
import trustme

from .test_uploads import _wait, source  # noqa: F401

HERE = Path(__file__).parent / "clients"
CACHE = Path(__file__).parents[2] / ".cache" / "clients"


def installed(lock: str, *command: str) -> Path:
    """A folder with what the lock file names, made once."""
    folder = CACHE / hashlib.sha256((HERE / lock).read_bytes()).hexdigest()[:16]
    if not folder.exists():
        draft = folder.with_name(f"{folder.name}.{os.getpid()}")
        draft.mkdir(parents=True)
        for name in ("package.json", lock):
            shutil.copy(HERE / name, draft)
        done = subprocess.run(command, cwd=draft, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        draft.rename(folder)
    return folder


def ran(*command: str, **environment: str) -> str:
    """What it prints; it must end well."""
    environment = {**os.environ, "NODE_NO_WARNINGS": "1", **environment}
    done = subprocess.run(
        command, cwd=HERE, capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def in_python():
    """Runs a script of Python with the clients at hand."""
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    chosen = ("--target", "site", "--require-hashes", "-r", "requirements.txt")
    site = installed("requirements.txt", *pip, *chosen) / "site"
    return lambda *command: ran(sys.executable, *command, PYTHONPATH=str(site))


@pytest.fixture(scope="module")
def in_node():
    """Runs a script of Node with the clients at hand."""
    folder = installed("package-lock.json", "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    return lambda *command: ran("node", *command, NODE_PATH=str(folder / "node_modules"))


def test_sumo_logger_logs(source, in_python):  # noqa: F811
    web = source()
    said = in_python("sumo_logger_client.py", web.url)
    assert said == ""  # it tells what goes wrong and exits with 0 all the same
    first, second = (json.loads(text) for text in sorted(web.texts(), key=lambda text: "second" in text))
    assert [(one["level"], one["logger"], one["message"]) for one in (first, second)] == [
        ("INFO", "billing", "first 1"),
        ("ERROR", "billing", "second é"),
    ]
    assert {row["fields"]["_format"][:6] for row in web.rows()} == {"t:full"}


def test_winston_transport_logs(source, in_node):  # noqa: F811
    web = source()
    in_node("winston_transport.cjs", web.url)
    found = [json.loads(text) for text in sorted(web.texts(), key=lambda text: "second" in text)]
    assert [(one["level"], one["message"]) for one in found] == [("info", "first"), ("error", "second é")]
    assert found[0]["meta"] == {"n": 1}


def test_logs_to_sumologic_sends_with_its_headers(source, in_node):  # noqa: F811
    web = source()
    in_node("logs_to_sumologic.cjs", web.url)
    rows = web.rows()
    assert [row["_raw"] for row in rows] == [
        "2026-11-24T10:00:02Z plain",
        "at=2026-11-24T10:00:00Z, n=1",
        "at=2026-11-24T10:00:01Z, n=2",
    ]
    assert {(row["_sourcename"], row["_sourcehost"], row["_sourcecategory"]) for row in rows} == {
        ("n", "h", "c/d")
    }


def test_curl_sends_files_as_the_published_examples_do(source, tmp_path):  # noqa: F811
    web = source()
    file = tmp_path / "logs.txt"
    file.write_text("2026-11-24T10:00:00Z one\n2026-11-24T10:00:01Z two\n")
    quiet = ["curl", "--silent", "--show-error", "--fail", "--noproxy", "*"]
    ran(*quiet, "-X", "POST", "-T", str(file), web.url)
    ran(*quiet, "-T", str(file), "-H", "X-Sumo-Category: c", web.url)
    ran(*quiet, "-X", "POST", "--data-binary", "2026-11-24T10:00:02Z three", web.url)
    shutil.copy(file, tmp_path / "packed")
    ran("gzip", str(tmp_path / "packed"))
    packed = [*quiet, "-X", "POST", "-H", "Content-Encoding: gzip", "-H", "Transfer-Encoding: chunked"]
    ran(*packed, "-T", str(tmp_path / "packed.gz"), web.url)
    assert [text[21:] for text in web.texts()] == ["one"] * 3 + ["two"] * 3 + ["three"]


def test_opentelemetry_exporter_sends(source, in_python):  # noqa: F811
    web = source()
    in_python("otlp_exporter.py", f"{web.url}/v1/logs")
    first, second = sorted(web.rows(), key=lambda row: "second" in row["_raw"])
    shown = json.loads(first["_raw"])
    assert (shown["log"], shown["order"]) == ("it broke", 7)
    assert json.loads(second["_raw"])["log"] == "second é"
    for row, severity in ((first, "ERROR"), (second, "WARN")):
        assert (row["_sourcename"], row["_sourcehost"]) == ("shop", "web-1")
        assert row["fields"] | {"service.name": "shop", "severity": severity} == row["fields"]
        assert row["fields"]["otel.scope.name"] == "shop.cart"
        assert abs((row["_receipttime"] - row["_messagetime"]).total_seconds()) < 60


@pytest.fixture(scope="module")
def rsyslogd() -> str:
    path = "/usr/sbin/rsyslogd"
    if not Path(path).exists():
        assert os.getuid() == 0, "Debian's rsyslog and rsyslog-gnutls are needed; root may install them"
        get = ["apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["update"],
            ["install", "-y", "--no-install-recommends", "rsyslog", "rsyslog-gnutls"],
        ):
            subprocess.run([*get, *command], check=True, capture_output=True, timeout=300, env=quiet)
    return path


RSYSLOG = """\
global(workDirectory="{folder}" defaultNetstreamDriverCAFile="{folder}/ca.pem")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="{folder}/log.sock" CreatePath="on")
action(type="omfwd" target="127.0.0.1" port="{udp}" protocol="udp" template="RSYSLOG_ForwardFormat")
action(type="omfwd" target="127.0.0.1" port="{tcp}" protocol="tcp" TCP_Framing="octet-counted"
       template="RSYSLOG_SyslogProtocol23Format")
action(type="omfwd" target="127.0.0.1" port="{tls}" protocol="tcp" StreamDriver="gtls" StreamDriverMode="1"
       StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost")
"""


def test_rsyslog_forwards_over_udp_tcp_and_tls(source, rsyslogd, tmp_path):  # noqa: F811
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    made = authority.issue_cert("localhost")
    secured = {
        "certificate": "".join(pem.bytes().decode() for pem in made.cert_chain_pems),
        "privateKey": made.private_key_pem.bytes().decode(),
    }
    sources, ports = {}, {}
    for protocol in ("udp", "tcp", "tls"):
        ports[protocol] = _free_port()
        settings = {"sourceType": "Syslog", "protocol": protocol.upper(), "port": ports[protocol]}
        sources[protocol] = source(**settings, **(secured if protocol == "tls" else {}))
        _wait(lambda one=sources[protocol]: one.state() == "Collecting")
    config = tmp_path / "rsyslog.conf"
    config.write_text(RSYSLOG.format(folder=tmp_path, **ports))
    command = [rsyslogd, "-n", "-f", str(config), "-i", str(tmp_path / "pid")]
    with (tmp_path / "out").open("w") as out, subprocess.Popen(command, stdout=out, stderr=out) as daemon:
        try:
            _wait(lambda: (tmp_path / "log.sock").exists())
            handler = SysLogHandler(str(tmp_path / "log.sock"))
            logger = getLogger("rsyslog client")
            logger.propagate = False
            logger.addHandler(handler)
            logger.error("shop: first")
            logger.error("shop: second é")
            for one in sources.values():
                _wait(lambda one=one: len(one.texts()) == 2, 20)
        finally:
            daemon.terminate()
    host = {row["_sourcehost"] for one in sources.values() for row in one.rows()}
    assert len(host) == 1 and host != {"127.0.0.1"}
    for one in sources.values():
        rows = one.rows()
        assert [row["_raw"].split()[-1] for row in rows] == ["first", "é"]
        assert all(" shop" in row["_raw"] and row["_raw"].startswith("<11>") for row in rows)
        assert all(row["fields"]["_format"].startswith("t:full") for row in rows)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
