"""Paths of items: `/Library/Installed Apps/...`, `/Library/Users/<e-mail>/...`, read in any case."""

from __future__ import annotations

from sqlalchemy.orm import Session, sessionmaker

from dohyo.access.users import find_user, get_user
from dohyo.content import tree
from dohyo.metadata.content import ContentItem

LIBRARY_PATH = "/Library"


def personal_id(user_id: str) -> str:
    """The id of the user's Personal folder."""
    return tree.derived_id("personal", user_id)


def find(session: Session, metadata: sessionmaker[Session], path: str) -> str | None:
    """The id of the item at the path, None where there is none. Looks at no rights."""
    wanted = path.strip().rstrip("/")
    if wanted.lower() == LIBRARY_PATH.lower():
        return tree.LIBRARY
    if not wanted.lower().startswith(f"{LIBRARY_PATH.lower()}/"):
        return None
    return _below(session, metadata, tree.LIBRARY, wanted[len(LIBRARY_PATH) + 1 :])


def _below(session: Session, metadata: sessionmaker[Session], folder_id: str, rest: str) -> str | None:
    """Names may hold slashes, so every child whose name the rest begins with is tried, same case first."""
    if folder_id == tree.USERS:
        email, _, rest = rest.partition("/")
        user = find_user(metadata, email)
        personal = session.get(ContentItem, personal_id(user.id)) if user else None
        if personal is None or not rest:
            return None if personal is None else personal.id
        return _below(session, metadata, personal.id, rest)
    children = tree.children_of(session, folder_id)
    for fold in (str, str.casefold):
        for child in children:
            length = len(child.name)
            if fold(rest[:length]) != fold(child.name) or rest[length : length + 1] not in ("", "/"):
                continue
            if length == len(rest):
                return child.id
            found = _below(session, metadata, child.id, rest[length + 1 :])
            if found is not None:
                return found
    return None


def part_of(item: ContentItem, metadata: sessionmaker[Session]) -> str:
    """The item's part of a path: its name, or for a Personal folder the e-mail address of its owner."""
    if item.parent_id != tree.USERS:
        return item.name
    user = get_user(metadata, item.owner_id or "")
    return user.email if user else item.name
