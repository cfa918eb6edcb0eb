"""The content of an app changed from one version to another, within the one transaction of a job.

Ids come from the app's id and the resource's path: a dashboard keeps its id from version to version and over
an uninstallation, so links to it stay good.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer

from dohyo.apps.package import Package
from dohyo.base.clock import now_ms
from dohyo.content import tree
from dohyo.content.definitions import Draft
from dohyo.content.rows import state_of, write_rows
from dohyo.content.tables import table_of
from dohyo.metadata.content import AppInstance, ContentItem


def folder_id_of(uuid: str) -> str:
    """The id of the app's folder in Installed Apps."""
    return tree.derived_id(uuid)


def managed(session: Session, instance_id: str) -> list[ContentItem]:
    """Everything that the installed app brought."""
    wanted = select(ContentItem).where(ContentItem.app_instance_id == instance_id)
    return list(session.scalars(wanted.order_by(ContentItem.position, ContentItem.name)))


def drafts_of(package: Package, parameters: dict[str, str]) -> Draft:
    """The app's folder with everything in it."""
    manifest = package.manifest
    children = tuple(package.drafts(parameters))
    return Draft("Folder", manifest.name, manifest.description[:255], {}, children)


def switch_content(session: Session, package: Package, instance: AppInstance) -> None:
    """Makes the content of the instance exactly that of the package. The tree is locked by the caller.

    Rows of a lookup table that people changed stay as long as the table keeps its fields and keys.
    """
    author = tree.Author(instance.modified_by, instance.id, instance.uuid)
    folder = drafts_of(package, instance.parameters)
    paths = [(resource.path,) for resource in package.resources]
    kept = {(author.item_id(), "Folder")}
    for draft, path in zip(folder.children, paths, strict=True):
        kept |= _ids(draft, author, path)
    for item in managed(session, instance.id):
        if (item.id, item.item_type) not in kept:
            session.execute(delete(ContentItem).where(ContentItem.id == item.id))
        else:
            item.name = item.id  # so that no new name meets an old one
    session.flush()
    session.expire_all()
    library = tree.get_item(session, tree.INSTALLED_APPS)
    shell = _put(session, replace(folder, children=()), library, author, ())
    for position, (draft, path) in enumerate(zip(folder.children, paths, strict=True)):
        _put(session, draft, shell, author, path, position)


def remove_content(session: Session, instance: AppInstance) -> None:
    """Removes everything that the app brought; copies by people are items of their own and stay."""
    session.execute(delete(ContentItem).where(ContentItem.app_instance_id == instance.id))


def _ids(draft: Draft, author: tree.Author, path: tuple[str, ...]) -> set[tuple[str, str]]:
    found = {(author.item_id(*path), draft.item_type)}
    for child in draft.children:
        found |= _ids(child, author, (*path, child.name))
    return found


def _put(
    session: Session,
    draft: Draft,
    parent: ContentItem,
    author: tree.Author,
    path: tuple[str, ...],
    position: int | None = None,
) -> ContentItem:
    """The item of the draft, made or changed to it, with all below it."""
    wanted = undefer(ContentItem.document)
    item = session.get(ContentItem, author.item_id(*path), options=[wanted])
    if item is None:
        added = tree.add(session, replace(draft, children=()), parent, author, path)
        item = tree.get_item(session, added)
    else:
        _change(session, item, draft, author)
    if position is not None:
        item.position = position
    tree.flushed(session, draft.name)
    for at, child in enumerate(draft.children):
        _put(session, child, item, author, (*path, child.name), at)
    return item


def _change(session: Session, item: ContentItem, draft: Draft, author: tree.Author) -> None:
    before = item.document
    item.name, item.description, item.document = draft.name, draft.description, draft.document
    item.version += 1
    item.modified_ms, item.modified_by = now_ms(), author.user_id
    if item.item_type == "Lookups":
        state = state_of(session, item)
        if not (state.rows_changed and table_of(before).same_shape(table_of(draft.document))):
            state.rows_changed = False
            write_rows(session, item, draft.rows)
