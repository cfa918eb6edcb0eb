"""Names of content."""

from __future__ import annotations

import unicodedata

from dohyo.content.refusals import wrong

MOST_CHARACTERS = {"Folder": 128}
MOST_CHARACTERS_ELSE = 255


def check_name(name: str, item_type: str) -> None:
    """ContentRefused unless the name is 1 to 128 (folders) or 255 characters, visible, and no relative path.

    A name may hold a slash: published content has such names, and paths are read with them in mind.
    """
    most = MOST_CHARACTERS.get(item_type, MOST_CHARACTERS_ELSE)
    if not name.strip() or len(name) > most:
        raise wrong(f"the name of a {item_type.lower()} has 1 to {most} characters")
    if name in (".", ".."):
        raise wrong(f'"{name}" cannot be a name, as it means a folder in a path')
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        raise wrong("a name holds no line breaks and no control characters")
