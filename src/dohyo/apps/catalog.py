"""The catalog: every app that can be installed, in all its versions.

Packages come from folders below `catalog/<app>/<version>/` of Dohyo itself, from the templates of
`dohyo.apps.family`, and from archives that an administrator added, kept in the data directory.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dohyo.apps.archive import files_of_zip, zip_of_files
from dohyo.apps.family import expand
from dohyo.apps.manifest import version_key
from dohyo.apps.package import Package, package_at, read_package
from dohyo.apps.refusals import conflict, no_app, no_version
from dohyo.base.problem import Problem, ProblemError

BUNDLED = Path(__file__).parent / "catalog"
UPLOADS = "apps"  # below the data directory


@dataclass(frozen=True)
class App:
    """All versions of one app."""

    uuid: str
    packages: dict[str, Package] = field(repr=False)

    @property
    def versions(self) -> list[str]:
        """Oldest first."""
        return sorted(self.packages, key=version_key)

    @property
    def latest(self) -> Package:
        return self.packages[self.versions[-1]]

    @property
    def name(self) -> str:
        return self.latest.manifest.name

    def package(self, version: str | None = None) -> Package:
        """The given or newest version; AppRefused 404 where there is none."""
        if version is None:
            return self.latest
        if version not in self.packages:
            raise no_version(self.name, version, self.versions)
        return self.packages[version]


class Catalog:
    """Safe for threads. Packages are read at the first question and kept."""

    def __init__(self, data_dir: Path | None = None, bundled: Path = BUNDLED) -> None:
        self._uploads = Path(data_dir) / UPLOADS if data_dir else None
        self._bundled = bundled
        self._lock = threading.RLock()
        self._apps: dict[str, App] | None = None
        self._problems: list[Problem] = []

    @property
    def problems(self) -> list[Problem]:
        """Of added archives that are not in the catalog: broken, made for a newer Dohyo, or of an id, name or
        version that another app has by now.
        """
        with self._lock:
            self._loaded()
            return list(self._problems)

    def apps(self) -> list[App]:
        """By name."""
        with self._lock:
            return sorted(self._loaded().values(), key=lambda app: app.name.lower())

    def app(self, uuid: str) -> App:
        """AppRefused 404 where there is none."""
        with self._lock:
            found = self._loaded().get(uuid.strip().lower())
        if found is None:
            raise no_app(uuid)
        return found

    def add(self, content: bytes) -> Package:
        """Adds an archive. PackageRefused for a bad one, AppRefused 409 where another app has its id or name,
        or the same version is there with other files.
        """
        package = read_package(files_of_zip(content))
        with self._lock:
            if self._uploads is None:
                raise conflict("apps:read_only", "this catalog takes no archives")
            if self._take(self._loaded(), package):
                folder = self._uploads / package.uuid
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                for draft in folder.glob("*.draft"):
                    draft.unlink()  # of a process that ended while it wrote
                _write_durably(folder / f"{package.version}.zip", zip_of_files(package.files))
        return package

    def added(self, uuid: str) -> list[str]:
        """Versions of an app that came from archives, and so can be taken out again."""
        folder = self._uploads / uuid if self._uploads else None
        return [path.stem for path in sorted(folder.glob("*.zip"))] if folder else []

    def remove(self, uuid: str, version: str) -> None:
        """Takes an added version out. AppRefused 404 where there is none, 409 for one of Dohyo's own."""
        with self._lock:
            app = self.app(uuid)
            app.package(version)
            if version not in self.added(app.uuid):
                raise conflict("apps:bundled", f"{app.name} {version} comes with Dohyo and stays")
            assert self._uploads is not None
            folder = self._uploads / app.uuid
            (folder / f"{version}.zip").unlink()
            if not any(folder.iterdir()):
                folder.rmdir()
            self._apps = None

    def _loaded(self) -> dict[str, App]:
        if self._apps is None:
            apps: dict[str, App] = {}
            self._problems = []
            for package in self._bundled_packages():
                self._take(apps, package)
            for path in sorted(self._uploads.glob("*/*.zip")) if self._uploads else ():
                try:
                    self._take(apps, package_at(path))
                except (ProblemError, OSError) as error:
                    self._problems.append(_unusable(path, error))
            self._apps = apps
        return self._apps

    def _bundled_packages(self) -> Iterator[Package]:
        for folder in sorted(self._bundled.glob("*/*")):
            if (folder / "manifest.yaml").exists():
                yield package_at(folder)
        if self._bundled == BUNDLED:
            yield from expand.packages()

    def _take(self, apps: dict[str, App], package: Package) -> bool:
        """Puts the package in; False where it is there already."""
        name = package.manifest.name
        claimed = _named(apps.values(), name)
        if claimed is not None and claimed.uuid != package.uuid:
            raise conflict(
                "apps:name_taken", f'another app is named "{name}"', f"it has the id {claimed.uuid}"
            )
        app = apps.get(package.uuid, App(package.uuid, {}))
        if app.packages and app.name != name:
            message = f'the id {package.uuid} is that of "{app.name}", so "{name}" cannot have it'
            raise conflict("apps:id_taken", message, "every app has an id of its own")
        there = app.packages.get(package.version)
        if there is not None:
            if there.digest == package.digest:
                return False
            message = f"{name} {package.version} is there already with other files"
            raise conflict("apps:version_taken", message, "a changed package needs a new version")
        apps[package.uuid] = App(package.uuid, {**app.packages, package.version: package})
        return True


def _named(apps: Iterable[App], name: str) -> App | None:
    return next((app for app in apps if app.name.lower() == name.lower()), None)


def _unusable(path: Path, error: ProblemError | OSError) -> Problem:
    told = error.problems[0].message if isinstance(error, ProblemError) else str(error.strerror)
    hint = f"what it had installed stays; remove {path} or add another version"
    return Problem("apps:archive", f"an added app is not in the catalog: {told}", hints=(hint,))


def _write_durably(path: Path, content: bytes) -> None:
    """The whole file or nothing, also after a power cut."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, suffix=".draft")
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
