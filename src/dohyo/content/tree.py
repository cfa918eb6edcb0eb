"""The tree of items, row by row, within a transaction of the caller. Knows no rights.

Every change begins with `lock_tree`: changes wait for each other, so that no two of them can make a cycle,
and the tree's revision tells a cache that something changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from dohyo.base.clock import now_ms
from dohyo.base.ids import LETTERS_AND_DIGITS, hex_id, random_text
from dohyo.content.definitions import MOST_DEPTH, Definition, Draft, definition_of
from dohyo.content.names import check_name, titled
from dohyo.content.refusals import name_taken, no_content, wrong
from dohyo.content.rows import stored_rows, write_rows
from dohyo.metadata.content import ContentItem

LIBRARY = "0000000000000000"
ADMIN_RECOMMENDED = "0000000000000001"
INSTALLED_APPS = "0000000000000002"
USERS = "0000000000000003"
ROOTS = (LIBRARY, ADMIN_RECOMMENDED, INSTALLED_APPS, USERS)
MOST_CHILDREN = 5000
DASHBOARD_ID_LENGTH = 50


def lock_tree(session: Session) -> None:
    session.execute(
        update(ContentItem).where(ContentItem.id == LIBRARY).values(version=ContentItem.version + 1)
    )


def revision(session: Session) -> int:
    """A number that changes with every change of the tree or of the rows of a lookup table."""
    return session.scalar(select(ContentItem.version).where(ContentItem.id == LIBRARY)) or 0


def content_id(text: str) -> str:
    """An id as clients may write it: any case, without leading zeros, with white space around it."""
    return text.strip().upper().rjust(16, "0")


def derived_id(*parts: str) -> str:
    """The id that belongs to these parts, always the same."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16].upper()


def derived_dashboard_id(item_id: str) -> str:
    number = int.from_bytes(hashlib.sha512(item_id.encode()).digest())
    digits = []
    for _ in range(DASHBOARD_ID_LENGTH):
        number, digit = divmod(number, len(LETTERS_AND_DIGITS))
        digits.append(LETTERS_AND_DIGITS[digit])
    return "".join(digits)


def get_item(session: Session, item_id: str) -> ContentItem:
    """The item with its document. ContentRefused 404."""
    found = session.get(ContentItem, content_id(item_id), options=[undefer(ContentItem.document)])
    if found is None:
        raise no_content()
    return found


def children_of(session: Session, folder_id: str, *, documents: bool = False) -> list[ContentItem]:
    wanted = select(ContentItem).where(ContentItem.parent_id == folder_id)
    if documents:
        wanted = wanted.options(undefer(ContentItem.document))
    return list(session.scalars(wanted.order_by(ContentItem.position, ContentItem.name)))


def line_of(session: Session, item: ContentItem) -> list[ContentItem]:
    """The item and the folders above it, the library last."""
    line = [item]
    while line[-1].parent_id is not None:
        line.append(get_item(session, line[-1].parent_id))
    return line


def below(session: Session, item: ContentItem) -> Iterator[ContentItem]:
    """Everything below the item."""
    for child in children_of(session, item.id):
        yield child
        yield from below(session, child)


@dataclass(frozen=True)
class Author:
    """Who makes items and in whose name: `app` for content that an installed app brings, with the ids that
    `item_id` gives for paths of names below the app.
    """

    user_id: str
    instance_id: str | None = None
    app: str | None = None

    def item_id(self, *path: str) -> str:
        return derived_id(self.app, *path) if self.app else hex_id()

    def dashboard_id(self, item_id: str) -> str:
        return derived_dashboard_id(item_id) if self.app else random_text(DASHBOARD_ID_LENGTH)


def add(
    session: Session, draft: Draft, parent: ContentItem, author: Author, path: tuple[str, ...] | None = None
) -> str:
    """Adds the draft and all below it as the last of `parent`'s children; its id.

    ContentRefused where the name is taken, or a limit would be passed.
    """
    now = now_ms()
    path = (draft.name,) if path is None else path
    item = ContentItem(
        id=author.item_id(*path),
        parent_id=parent.id,
        item_type=draft.item_type,
        name=draft.name,
        description=draft.description,
        position=_next_position(session, parent.id),
        owner_id=parent.owner_id,
        app_instance_id=author.instance_id,
        document=draft.document,
        created_ms=now,
        created_by=author.user_id,
        modified_ms=now,
        modified_by=author.user_id,
    )
    if draft.item_type == "Dashboard":
        item.dashboard_id = author.dashboard_id(item.id)
    check_depth(session, parent, _height(draft))
    session.add(item)
    flushed(session, draft.name)
    if draft.item_type == "Lookups":
        write_rows(session, item, draft.rows)
    for child in draft.children:
        add(session, child, item, author, (*path, child.name))
    return item.id


def _height(draft: Draft) -> int:
    return 1 + max((_height(child) for child in draft.children), default=0)


def _next_position(session: Session, folder_id: str) -> int:
    counted = select(func.count(), func.max(ContentItem.position)).where(ContentItem.parent_id == folder_id)
    count, last = session.execute(counted).one()
    if count >= MOST_CHILDREN:
        raise wrong(f"a folder holds at most {MOST_CHILDREN} items")
    return 0 if last is None else last + 1


def check_depth(session: Session, parent: ContentItem, height: int) -> None:
    if len(line_of(session, parent)) + height > MOST_DEPTH:
        raise wrong(f"folders lie more than {MOST_DEPTH} deep in each other")


def flushed(session: Session, name: str) -> None:
    """Sends what is pending to the database; ContentRefused where the name is taken."""
    try:
        session.flush()
    except IntegrityError as error:
        raise name_taken(name) from error


def move(session: Session, item: ContentItem, folder: ContentItem) -> None:
    """Puts the item last into the folder. ContentRefused for a cycle, a taken name, too deep a tree."""
    if item.id in [above.id for above in line_of(session, folder)]:
        raise wrong("a folder cannot be moved into itself")
    inside = list(below(session, item))
    check_depth(session, folder, 1 + max((_depth(session, one, item) for one in inside), default=0))
    item.position = _next_position(session, folder.id)
    item.parent_id = folder.id
    for one in (item, *inside):
        one.owner_id = folder.owner_id
    flushed(session, item.name)


def _depth(session: Session, one: ContentItem, top: ContentItem) -> int:
    return [above.id for above in line_of(session, one)].index(top.id)


def copy(session: Session, item: ContentItem, folder: ContentItem, author: Author) -> str:
    """Adds a copy of the item and all below it to the folder; its id. A taken name becomes `Copy of`."""
    if item.id in [above.id for above in line_of(session, folder)]:
        raise wrong("a folder cannot be copied into itself")
    draft = draft_of(session, item)
    taken = {child.name for child in children_of(session, folder.id)}
    while draft.name in taken:
        name = f"Copy of {draft.name}"
        document = draft.document and titled({**draft.document, "name": name}, draft.name, name)
        draft = replace(draft, name=name, document=document)
    check_name(draft.name, draft.item_type)
    return add(session, draft, folder, author)


def draft_of(session: Session, item: ContentItem) -> Draft:
    """The item and all below it as a draft."""
    children = tuple(draft_of(session, child) for child in children_of(session, item.id, documents=True))
    rows = tuple(stored_rows(session, item)) if item.item_type == "Lookups" else ()
    return Draft(item.item_type, item.name, item.description, item.document, children, rows)


def export(session: Session, item: ContentItem) -> Definition:
    """The published definition of the item and all below it."""
    children = [export(session, child) for child in children_of(session, item.id, documents=True)]
    return definition_of(item.document, item.name, item.description, children)
