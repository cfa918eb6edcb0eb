"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_data_path

DEFAULT_PORT = 8484
DataDir = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="DIR",
        envvar="DOHYO_DATA",
        default_factory=lambda: user_data_path("dohyo"),
        help="Data directory.",
        show_default="the user's data folder",
    ),
]
