"""Who may see and change what: one's own items and, by role, those that belong to everybody."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from dohyo.access.principal import Principal
from dohyo.content import tree
from dohyo.content.refusals import not_allowed, wrong
from dohyo.metadata.content import ContentItem


@dataclass(frozen=True)
class Caller:
    """Who asks. `manages` what is in the shared folders, with `admin_mode` also what is in Personal ones."""

    user_id: str
    writes: bool = True
    manages: bool = False
    admin_mode: bool = False

    @classmethod
    def of(cls, principal: Principal, admin_mode: bool = False) -> Caller:
        manages = principal.may("manageContent")
        return cls(principal.user_id, principal.may("manageLibrary"), manages, admin_mode and manages)

    def may_view(self, item: ContentItem) -> bool:
        return item.owner_id in (None, self.user_id) or self.admin_mode

    def may_fill(self, folder: ContentItem) -> bool:
        """Whether items may be put into the folder."""
        if folder.app_instance_id or folder.id in (tree.LIBRARY, tree.INSTALLED_APPS, tree.USERS):
            return False
        if folder.owner_id is None:
            return self.manages
        return self.writes and (folder.owner_id == self.user_id or self.admin_mode)

    def may_change(self, item: ContentItem) -> bool:
        """Whether the item itself may be renamed, replaced, moved or deleted."""
        return item.id not in tree.ROOTS and item.parent_id != tree.USERS and self.may_fill(item)


def viewed(session: Session, item_id: str, caller: Caller) -> ContentItem:
    item = tree.get_item(session, item_id)
    if not caller.may_view(item):
        raise not_allowed("this content belongs to someone else")
    return item


def own(session: Session, item_id: str, caller: Caller) -> ContentItem:
    """The item if the caller may change it."""
    item = viewed(session, item_id, caller)
    if item.app_instance_id:
        hint = "copy it into another folder and change the copy"
        raise not_allowed("content of an installed app is read-only", hint)
    if item.id in tree.ROOTS or item.parent_id == tree.USERS:
        raise wrong("a folder of the library itself cannot be changed")
    if not caller.may_change(item):
        raise not_allowed("this content may be changed by its owner or an administrator")
    return item


def filled(session: Session, folder_id: str, caller: Caller) -> ContentItem:
    """The folder if the caller may put items into it."""
    folder = viewed(session, folder_id, caller)
    if folder.item_type != "Folder":
        raise wrong(f'"{folder.name}" is no folder')
    if not caller.may_fill(folder):
        raise not_allowed(f'nothing can be put into "{folder.name}" here', "use a folder in Personal")
    return folder
