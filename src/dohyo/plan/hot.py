"""Hot fields: extractions from the message that are stored beside it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class HotField:
    """The text at a JSON path of the message, stored as sub-column `name` of the tuple column `column` of the
    events.

    `path` is spelled as `json_path.shown_path` does; the value is what `json_value` gives for it, for every
    message.
    """

    path: str
    column: str
    name: str

    @property
    def field(self) -> str:
        """Name of the plan's field that holds it."""
        return f"{self.column}.{self.name}"
