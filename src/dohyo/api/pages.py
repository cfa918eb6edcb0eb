"""The pages: built files, and `index.html` for every address that is a page's."""

from __future__ import annotations

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import dohyo

PACKAGE = Path(dohyo.__file__).parent
# A wheel brings the pages along, a checkout builds them.
FOLDERS = (PACKAGE / "api" / "pages", PACKAGE.parent.parent / "ui" / "dist")
HASHED = "assets/"  # the build gives these files names by their content
FOR_EVER = "public, max-age=31536000, immutable"
NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Dohyo</title>
<h1>The pages are not built</h1><p>Run <code>script/prepare</code> in the checkout and load this page again.
The API answers all the same.</p></html>"""


def built_pages() -> Path | None:
    return next((folder for folder in FOLDERS if (folder / "index.html").is_file()), None)


class Pages(StaticFiles):
    """Serves the folder; looks for it at each request, so that pages built later are there at once."""

    def __init__(self) -> None:
        super().__init__(directory=None, packages=None, html=False, check_dir=False)

    async def get_response(self, path: str, scope: Scope) -> Response:
        if scope["path"].startswith("/api/"):
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405)
        folder = built_pages()
        if folder is None:
            return HTMLResponse(NOT_BUILT, 503)
        self.all_directories = [folder]
        try:
            answer = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or path.startswith(HASHED):
                raise
            answer = await super().get_response("index.html", scope)
        hashed = path.startswith(HASHED)
        answer.headers["Cache-Control"] = FOR_EVER if hashed else "no-cache"
        return answer
