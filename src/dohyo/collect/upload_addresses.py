"""Tokens at the end of upload addresses: made, found, renewed. Whoever knows one may upload, nobody else."""

from __future__ import annotations

import base64
import hashlib
import secrets

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from dohyo.metadata.collection import Source
from dohyo.metadata.receiving import UploadAddress

TOKEN_BYTES = 64  # nobody guesses it; 88 characters that end in `==`, as people know these addresses
PATH = "/receiver/v1/http/"


def new_token(session: Session, source_id: int) -> str:
    """A new token for the source, in the caller's transaction; the old one is no longer known."""
    token = base64.urlsafe_b64encode(secrets.token_bytes(TOKEN_BYTES)).decode()
    session.execute(delete(UploadAddress).where(UploadAddress.source_id == source_id))
    session.add(UploadAddress(token_hash=token_hash(token), source_id=source_id))
    return token


def source_of_token(session: Session, token: str) -> Source | None:
    """The source with this token, unless it is being deleted."""
    wanted = (
        select(Source)
        .join(UploadAddress, UploadAddress.source_id == Source.id)
        .where(UploadAddress.token_hash == token_hash(token), Source.stopping.is_(False))
    )
    return session.scalar(wanted)


def token_hash(token: str) -> str:
    """What the token is found by, so that the database shows none; the time it takes tells nothing."""
    # Some clients write the signs at the end as %3D, some leave them out.
    return hashlib.sha256(token.replace("%3D", "=").rstrip("=").encode()).hexdigest()
