"""Earlier versions of an item: kept before a change, listed, brought back.

A person who changes an item again and again within a few minutes, as the builder does, leaves one version.
"""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer

from dohyo.base.clock import now_ms
from dohyo.content.refusals import ContentRefused
from dohyo.metadata.content import ContentItem, ContentVersion

TOGETHER_MS = 5 * 60_000
MOST_KEPT = 50


def keep(session: Session, item: ContentItem, user_id: str) -> None:
    """Keeps the item as it is now, unless the same person has changed it just before."""
    last = session.scalar(
        select(ContentVersion)
        .where(ContentVersion.item_id == item.id)
        .order_by(ContentVersion.version.desc())
        .limit(1)
    )
    is_same_work = (
        last is not None and item.modified_by == user_id and now_ms() - item.modified_ms < TOGETHER_MS
    )
    if is_same_work:
        return
    session.add(
        ContentVersion(
            item_id=item.id, version=item.version, name=item.name, description=item.description,
            document=item.document, modified_ms=item.modified_ms, modified_by=item.modified_by,
        )
    )  # fmt: skip
    session.flush()
    kept = select(ContentVersion.version).where(ContentVersion.item_id == item.id)
    oldest = session.scalars(kept.order_by(ContentVersion.version.desc()).offset(MOST_KEPT)).all()
    if oldest:
        session.execute(
            delete(ContentVersion).where(
                ContentVersion.item_id == item.id, ContentVersion.version.in_(oldest)
            )
        )


def versions_of(session: Session, item_id: str) -> list[ContentVersion]:
    """Newest first, without their documents."""
    wanted = select(ContentVersion).where(ContentVersion.item_id == item_id)
    return list(session.scalars(wanted.order_by(ContentVersion.version.desc())))


def version_of(session: Session, item_id: str, version: int) -> ContentVersion:
    """One version with its document. Refused 404."""
    found = session.get(ContentVersion, (item_id, version), options=[undefer(ContentVersion.document)])
    if found is None:
        raise ContentRefused(404, "content1:no_version", f"the item has no version {version}")
    return found
