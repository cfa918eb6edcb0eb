"""The one file of a `multipart/form-data` body."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP

from fastapi import Request

from dohyo.api.errors import ApiRefused


async def uploaded_file(request: Request, part: str = "file") -> bytes:
    """Contents of the part with this name; refused where there is none. The gate bounds the body."""
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise ApiRefused(415, "contenttype.invalid", "the file comes as multipart/form-data")
    # The standard library reads MIME; it only lacks the header that HTTP carries apart from the body.
    head = f"Content-Type: {kind}\r\nMIME-Version: 1.0\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + await request.body())
    for one in message.iter_parts() if message.is_multipart() else ():
        if one.get_param("name", header="content-disposition") == part:
            content = one.get_payload(decode=True)
            return content if isinstance(content, bytes) else b""
    raise ApiRefused(400, "file_missing", f'the body has no part named "{part}"')
