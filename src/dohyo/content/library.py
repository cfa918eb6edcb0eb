"""The content library: every call is one transaction and keeps to what its caller may see and change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker, undefer

from dohyo.base.clock import now_ms
from dohyo.content import tree, versions
from dohyo.content.definitions import Definition, Draft, Failure, check_document, read_definition
from dohyo.content.names import check_name, stands_for, titled
from dohyo.content.paths import find, part_of, personal_id
from dohyo.content.refusals import ContentRefused, no_content, wrong
from dohyo.content.rights import Caller, filled, own, viewed
from dohyo.metadata.content import ContentItem, ContentVersion

MOST_FOLDER_DESCRIPTION = 255
VERSION_CONFLICT = "content1:version_conflict"


@dataclass(frozen=True)
class Place:
    """A path and the items along it, from the library down."""

    path: str
    items: tuple[ContentItem, ...]


@dataclass(frozen=True)
class Imported:
    item_id: str
    total: int
    failures: tuple[Failure, ...]

    def as_json(self) -> dict[str, Any]:
        """The published `ImportResult`."""
        failed = len(self.failures)
        return {
            "status": "Success" if not failed else "PartialSuccess",
            "summary": {
                "totalItems": self.total + failed,
                "successCount": self.total,
                "failureCount": failed,
            },
            "failures": [failure.as_json() for failure in self.failures],
        }


class Library:
    """Ids are taken in any case and without leading zeros. Items given back are detached; their `document` is
    there where a single item was asked for. Raises ContentRefused.
    """

    def __init__(self, metadata: sessionmaker[Session]) -> None:
        self._metadata = metadata

    # Reading

    def get(self, item_id: str, caller: Caller) -> ContentItem:
        with self._metadata() as session:
            return viewed(session, item_id, caller)

    def children(self, folder_id: str, caller: Caller) -> list[ContentItem]:
        """Items directly in the folder that the caller may see."""
        with self._metadata() as session:
            folder = viewed(session, folder_id, caller)
            return [child for child in tree.children_of(session, folder.id) if caller.may_view(child)]

    def personal(self, caller: Caller) -> ContentItem:
        """The caller's own folder, made at the first call."""
        return self._personal(caller.user_id)

    def global_items(self, caller: Caller) -> list[ContentItem]:
        """The top-level items of everybody that the caller may see."""
        with self._metadata() as session:
            folders = [tree.ADMIN_RECOMMENDED, tree.INSTALLED_APPS]
            folders += [folder.id for folder in tree.children_of(session, tree.USERS)]
            found = [child for folder in folders for child in tree.children_of(session, folder)]
            return [item for item in found if caller.may_view(item)]

    def classic_dashboards(self, caller: Caller) -> list[ContentItem]:
        """Classic dashboards by title, without documents."""
        return self.items_of_type("Report", caller)

    def dashboards(self, caller: Caller, *, own_only: bool = False) -> list[ContentItem]:
        """Dashboards by title, without documents: all that the caller may see, or his own only."""
        return self.items_of_type("Dashboard", caller, own_only=own_only)

    def items_of_type(self, item_type: str, caller: Caller, *, own_only: bool = False) -> list[ContentItem]:
        wanted = select(ContentItem).where(ContentItem.item_type == item_type)
        with self._metadata() as session:
            items = session.scalars(wanted.order_by(ContentItem.name, ContentItem.id))
            return [
                i
                for i in items
                if (i.created_by == caller.user_id if own_only else True) and caller.may_view(i)
            ]

    def dashboard(self, dashboard_id: str, caller: Caller, *, classic: bool = False) -> ContentItem:
        """The dashboard with this opaque id, or with this content id; with `classic` also a classic one."""
        wanted = select(ContentItem).where(ContentItem.dashboard_id == dashboard_id)
        with self._metadata() as session:
            whole = undefer(ContentItem.document)
            found = session.scalar(wanted.options(whole))
            found = found or session.get(ContentItem, tree.content_id(dashboard_id), options=[whole])
            if found is None or found.item_type not in ("Dashboard", *(("Report",) if classic else ())):
                raise no_content()
            return viewed(session, found.id, caller)

    def at_path(self, path: str, caller: Caller) -> ContentItem:
        """The item at `/Library/...`, its parts in any case."""
        with self._metadata() as session:
            found = find(session, self._metadata, path)
            if found is None:
                raise no_content()
            return viewed(session, found, caller)

    def place(self, item_id: str, caller: Caller) -> Place:
        with self._metadata() as session:
            line = tree.line_of(session, viewed(session, item_id, caller))[::-1]
        return Place("/" + "/".join(part_of(item, self._metadata) for item in line), tuple(line))

    def export(self, item_id: str, caller: Caller) -> Definition:
        """The published definition of the item and all below it, exactly as it was imported."""
        with self._metadata() as session:
            return tree.export(session, viewed(session, item_id, caller))

    # Changing

    def create_folder(self, parent_id: str, name: str, description: str, caller: Caller) -> ContentItem:
        if len(description) > MOST_FOLDER_DESCRIPTION:
            raise wrong(f"the description of a folder has at most {MOST_FOLDER_DESCRIPTION} characters")
        check_name(name, "Folder")
        return self.create(parent_id, Draft("Folder", name, description, {}), caller)

    def create(self, parent_id: str, draft: Draft, caller: Caller) -> ContentItem:
        """Adds a draft that was checked (`definitions.read_definition`)."""

        def added(session: Session) -> str:
            folder = filled(session, parent_id, caller)
            return tree.add(session, draft, folder, tree.Author(caller.user_id))

        return self._changed(added)

    def rename(self, item_id: str, name: str, description: str | None, caller: Caller) -> ContentItem:
        """Sets the name and, where one is given, the description."""

        def renamed(session: Session) -> str:
            item = own(session, item_id, caller)
            check_name(name, item.item_type)
            if item.document:
                item.document = titled(item.document, item.name, name)
            item.name = name
            if item.document and stands_for(name, item.document.get("name"), item.item_type):
                item.document = {**item.document, "name": name}
            item.description = item.description if description is None else description
            return _stamped(session, item, caller)

        return self._changed(renamed)

    def replace(
        self,
        item_id: str,
        replaced: Callable[[ContentItem], Draft],
        caller: Caller,
        version: int | None = None,
    ) -> ContentItem:
        """Sets name, description and document to those of the draft that `replaced` makes of the item.

        With `version`, refused (409) where someone else has changed the item since.
        """

        def put(session: Session) -> str:
            item = own(session, item_id, caller)
            if version is not None and version != item.version:
                message = f"the item was changed in the meantime; it is at version {item.version} now"
                raise ContentRefused(409, VERSION_CONFLICT, message, "read it again and repeat the change")
            draft = replaced(item)
            check_name(draft.name, item.item_type)
            check_document(item.item_type, draft.document)
            versions.keep(session, item, caller.user_id)
            item.name, item.description, item.document = draft.name, draft.description, draft.document
            return _stamped(session, item, caller)

        return self._changed(put)

    def versions(self, item_id: str, caller: Caller) -> list[ContentVersion]:
        """Earlier versions of an item, newest first, without their documents."""
        with self._metadata() as session:
            return versions.versions_of(session, viewed(session, item_id, caller).id)

    def version(self, item_id: str, version: int, caller: Caller) -> ContentVersion:
        """One earlier version with its document."""
        with self._metadata() as session:
            return versions.version_of(session, viewed(session, item_id, caller).id, version)

    def restore(self, item_id: str, version: int, caller: Caller) -> ContentItem:
        """Makes the item what it was in that version; what it is now becomes a version itself."""

        def put(session: Session) -> str:
            item = own(session, item_id, caller)
            before = versions.version_of(session, item.id, version)
            versions.keep(session, item, caller.user_id)
            item.name, item.description, item.document = before.name, before.description, before.document
            return _stamped(session, item, caller)

        return self._changed(put)

    def move(self, item_id: str, folder_id: str, caller: Caller) -> ContentItem:
        def moved(session: Session) -> str:
            item, folder = own(session, item_id, caller), filled(session, folder_id, caller)
            tree.move(session, item, folder)
            return item.id

        return self._changed(moved)

    def copy(self, item_id: str, folder_id: str, caller: Caller) -> ContentItem:
        """A copy with all that is below it; it belongs to the folder's owner and can be changed."""

        def copied(session: Session) -> str:
            item, folder = viewed(session, item_id, caller), filled(session, folder_id, caller)
            if item.id in tree.ROOTS or item.parent_id == tree.USERS:
                raise wrong("a folder of the library itself cannot be copied", "copy the items in it")
            return tree.copy(session, item, folder, tree.Author(caller.user_id))

        return self._changed(copied)

    def delete(self, item_id: str, caller: Caller) -> None:
        """Removes the item and all below it."""
        with self._metadata.begin() as session:
            tree.lock_tree(session)
            session.delete(own(session, item_id, caller))

    def import_into(
        self, folder_id: str, definition: Any, caller: Caller, *, overwrite: bool = False
    ) -> Imported:
        """Adds the items of a published definition. Children that cannot be used are left out, told, and
        remembered with what is made.

        A name that the folder has already is refused; with `overwrite` that item is replaced and keeps its
        id, and of a folder the children with other names stay.
        """
        failures: list[Failure] = []
        draft = read_definition(definition, failures)

        def brought(session: Session) -> str:
            folder = filled(session, folder_id, caller)
            item_id = _bring(session, draft, folder, caller, overwrite)
            tree.get_item(session, item_id).left_out = [failure.as_json() for failure in failures]
            return item_id

        return Imported(self._changed(brought).id, draft.count(), tuple(failures))

    def left_out(self, item_id: str, caller: Caller) -> list[dict[str, str]]:
        """What the import that made the item left out, as `Failure.as_json` gives it."""
        with self._metadata() as session:
            return list(viewed(session, item_id, caller).left_out)

    def _changed(self, change: Callable[[Session], str]) -> ContentItem:
        """The item whose id `change` gives, after its transaction."""
        with self._metadata.begin() as session:
            tree.lock_tree(session)
            item_id = change(session)
            session.flush()
            session.expire_all()
            return tree.get_item(session, item_id)

    def _personal(self, user_id: str) -> ContentItem:
        item_id = personal_id(user_id)
        with self._metadata() as session:
            if found := session.get(ContentItem, item_id, options=[undefer(ContentItem.document)]):
                return found
        now = now_ms()
        folder = ContentItem(
            id=item_id, parent_id=tree.USERS, item_type="Folder", name=user_id, description="", position=0,
            owner_id=user_id, document={}, created_ms=now, created_by=user_id, modified_ms=now,
            modified_by=user_id,
        )  # fmt: skip
        try:
            with self._metadata.begin() as session:
                session.add(folder)
        except IntegrityError:  # made by another call in the meantime
            pass
        with self._metadata() as session:
            return tree.get_item(session, item_id)


def _stamped(session: Session, item: ContentItem, caller: Caller) -> str:
    item.version += 1
    item.modified_ms, item.modified_by = now_ms(), caller.user_id
    tree.flushed(session, item.name)
    return item.id


def _bring(session: Session, draft: Draft, folder: ContentItem, caller: Caller, overwrite: bool) -> str:
    there = next((one for one in tree.children_of(session, folder.id) if one.name == draft.name), None)
    if there is None or not overwrite:
        return tree.add(session, draft, folder, tree.Author(caller.user_id))
    item = own(session, there.id, caller)
    if item.item_type != draft.item_type:
        raise wrong(f'"{item.name}" is there as a {item.item_type} and would become a {draft.item_type}')
    versions.keep(session, item, caller.user_id)
    item.description, item.document = draft.description, draft.document
    _stamped(session, item, caller)
    for child in draft.children:
        _bring(session, child, item, caller, overwrite)
    return item.id
