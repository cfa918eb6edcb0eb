"""Runs the stand-in: `python -m dohyo.graphsim --dir DIR`. Prints one line of JSON when it is ready."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from dohyo.graphsim.generate import share
from dohyo.graphsim.running import prepared
from dohyo.graphsim.tenant import Settings, Tenant


def options() -> argparse.ArgumentParser:
    reader = argparse.ArgumentParser(prog="python -m dohyo.graphsim", description=__doc__)
    reader.add_argument("--dir", type=Path, required=True, help="folder for certificate, secret and logs")
    reader.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (a free one)")
    reader.add_argument("--alerts", type=int, default=5000, help="how many alerts (%(default)s)")
    reader.add_argument("--days", type=int, default=30, help="raised in the last days (%(default)s)")
    reader.add_argument("--seed", type=int, help="makes the same alerts again (made up)")
    reader.add_argument(
        "--cloud-apps-share", type=share, default=0.45, help="part from Cloud Apps, as 0.45 or 1/9"
    )
    reader.add_argument(
        "--arrivals", type=period_s, default=3.0, help="time between arrivals, as 3s; 0 for none"
    )
    reader.add_argument(
        "--requests-per-minute", type=int, default=150, help="limit of an application (%(default)s)"
    )
    reader.add_argument(
        "--token-lifetime", type=int, default=3599, help="seconds a token is good for (%(default)s)"
    )
    reader.add_argument(
        "--permission", action="append", help="given to the application (SecurityAlert.Read.All)"
    )
    return reader


def period_s(text: str) -> float:
    """Seconds of a period such as `3s`, `500ms` or `2m`; a bare number is seconds.

    >>> period_s("500ms")
    0.5
    """
    for unit, factor in (("ms", 0.001), ("s", 1.0), ("m", 60.0)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    return float(text)


def main() -> None:
    chosen = options().parse_args()
    settings = Settings(
        chosen.alerts,
        chosen.days,
        chosen.seed,
        chosen.cloud_apps_share,
        chosen.arrivals or None,
        chosen.requests_per_minute,
        chosen.token_lifetime,
        tuple(chosen.permission or ("SecurityAlert.Read.All",)),
    )
    chosen.dir.mkdir(parents=True, exist_ok=True)
    stand_in, server, listener = prepared(Tenant(settings, chosen.dir), chosen.dir, chosen.port)
    secret_file = chosen.dir / "secret"
    secret_file.touch(mode=0o600)
    secret_file.write_text(stand_in.tenant.registration.secret)
    ready = {
        "address": stand_in.root,
        "tenant": stand_in.tenant.registration.tenant,
        "application": stand_in.tenant.registration.application,
        "secret_file": str(secret_file),
        "ca_file": str(stand_in.ca_file),
        "versions_file": str(chosen.dir / "versions.ndjson"),
        "alerts": len(stand_in.tenant.book),
    }
    # The socket listens already, so a client that reads this line can connect.
    print(json.dumps(ready), flush=True)
    server.run(sockets=[listener])


if __name__ == "__main__":
    main()
