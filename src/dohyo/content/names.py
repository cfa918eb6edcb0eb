"""Names of content."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from dohyo.content.refusals import wrong

MOST_CHARACTERS = {"Folder": 128}
MOST_CHARACTERS_ELSE = 255


def fitting_name(text: Any, item_type: str) -> str:
    """The name that an item can have which is called so in published content.

    >>> fitting_name(" a\\tb ", "Folder"), fitting_name(None, "Search")
    ('a b', 'Untitled')
    """
    plain = "".join(" " if unicodedata.category(one) in ("Cc", "Cs") else one for one in str(text or ""))
    if plain == text and plain.strip() and len(plain) <= most_characters(item_type):
        return plain if plain not in (".", "..") else "Untitled"
    name = " ".join(plain.split())[: most_characters(item_type)].strip()
    return "Untitled" if name in ("", ".", "..") else name


def numbered_name(name: str, number: int, item_type: str) -> str:
    """The name of the second, third... item of one name in a folder.

    >>> numbered_name("Logins", 2, "Search")
    'Logins (2)'
    """
    end = f" ({number})"
    return name[: most_characters(item_type) - len(end)] + end


def stands_for(name: str, text: Any, item_type: str) -> bool:
    """Whether an import gave this name to an item that is called `text`."""
    wanted = fitting_name(text, item_type)
    number = re.search(r" \((\d{1,4})\)$", name)
    return name == wanted or bool(number and name == numbered_name(wanted, int(number[1]), item_type))


def titled(document: Mapping[str, Any], before: str, name: str) -> dict[str, Any]:
    """The definition of an item called `name` now: a title that was its name `before` goes along."""
    return {**document, **({"title": name} if document.get("title") == before else {})}


def most_characters(item_type: str) -> int:
    return MOST_CHARACTERS.get(item_type, MOST_CHARACTERS_ELSE)


def check_name(name: str, item_type: str) -> None:
    """ContentRefused unless the name is 1 to 128 (folders) or 255 characters, visible, and no relative path.

    A name may hold a slash: published content has such names, and paths are read with them in mind.
    """
    most = most_characters(item_type)
    if not name.strip() or len(name) > most:
        raise wrong(f"the name of a {item_type.lower()} has 1 to {most} characters")
    if name in (".", ".."):
        raise wrong(f'"{name}" cannot be a name, as it means a folder in a path')
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in name):
        raise wrong("a name holds no line breaks and no control characters")
