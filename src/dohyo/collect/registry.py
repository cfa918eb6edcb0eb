"""Collectors and sources: made, read, changed and removed here and nowhere else."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar
from zoneinfo import available_timezones

from pydantic import BaseModel, Field, ValidationError, field_validator
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from dohyo.access.secrets import SecretBox
from dohyo.base.clock import now_ms
from dohyo.collect.refusals import (
    Refused,
    check_etag,
    name_taken,
    no_collector,
    no_source,
    wrong_fields,
    wrong_source_type,
)
from dohyo.collect.shapes import MASK, etag_of, source_json
from dohyo.collect.source_types import HTTP, SOURCE_TYPES, SourceType, type_of
from dohyo.collect.upload_addresses import PATH, new_token
from dohyo.metadata.collection import Collector, Source, SourceSecret, SourceStatus

MOST_SOURCES = 1000
UNIVERSAL = "Universal"
TOKEN = "token"  # among the secrets of an HTTP source
Thing = TypeVar("Thing", Collector, Source)


class CollectorBody(BaseModel):
    """What may be set of a collector; other keys are ignored, as clients send whole objects back."""

    name: Annotated[str, Field(min_length=1, max_length=128)]
    description: Annotated[str, Field(max_length=1024)] | None = None
    category: Annotated[str, Field(max_length=1024)] | None = None
    hostName: Annotated[str, Field(max_length=128)] | None = None
    timeZone: str = "UTC"
    fields: Annotated[dict[str, str], Field(max_length=10)] = {}
    collectorType: str = "Hosted"

    @field_validator("timeZone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("a name of the time zone database is needed, such as Europe/Berlin")
        return zone

    def columns(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "description": self.description,
            "category": self.category,
            "host_name": self.hostName,
            "time_zone": self.timeZone,
            "fields": self.fields,
        }


class Registry:
    """Every method is one transaction. Bodies are the inner objects of the published requests."""

    def __init__(self, metadata: sessionmaker[Session], secrets: SecretBox) -> None:
        self._metadata = metadata
        self._secrets = secrets

    # Collectors

    def list_collectors(self) -> list[Collector]:
        with self._metadata() as session:
            return list(session.scalars(select(Collector).order_by(Collector.id)))

    def get_collector(self, collector_id: int) -> Collector:
        with self._metadata() as session:
            return _collector(session, collector_id)

    def find_collector(self, name: str) -> Collector:
        with self._metadata() as session:
            found = session.scalar(select(Collector).where(Collector.name == name))
        if found is None:
            raise no_collector(f'named "{name}"')
        return found

    def create_collector(self, body: dict[str, Any]) -> Collector:
        """A hosted collector. Refused: wrong fields, a name in use, another type."""
        checked = _checked_collector(body)
        now = now_ms()
        collector = Collector(**checked.columns(), created_ms=now, modified_ms=now, revision=1)
        return self._saved(collector, "collector")

    def replace_collector(self, collector_id: int, body: dict[str, Any], if_match: str | None) -> Collector:
        """Sets every changeable field; its sources go on with the new defaults."""
        checked = _checked_collector(body)
        with self._metadata() as session:
            collector = _collector(session, collector_id)
            check_etag(if_match, etag_of(collector))
            for name, value in checked.columns().items():
                setattr(collector, name, value)
            return _committed(session, collector, "collector")

    def delete_collector(self, collector_id: int) -> None:
        """Removes the collector and its sources; what they collected stays."""
        with self._metadata.begin() as session:
            session.delete(_collector(session, collector_id))

    # Sources

    def list_sources(self, collector_id: int) -> list[Source]:
        with self._metadata() as session:
            return list(_collector(session, collector_id).sources)

    def get_source(self, collector_id: int, source_id: int) -> Source:
        with self._metadata() as session:
            return _source(session, collector_id, source_id)

    def source_json(
        self, source: Source, *, download: bool = False, root: str = "", with_address: bool = True
    ) -> dict[str, Any]:
        """The source as the API shows it, with its present state. `root`: where this server is reached;
        `with_address`: for one who may know where messages can be sent.
        """
        with self._metadata() as session:
            status = session.get(SourceStatus, source.id)
            secrets = self._read_secrets(session, source.id)
        state = "Stopping" if source.stopping else status.state if status else "Pending"
        shown = source_json(source, state, secrets=secrets.keys(), download=download)
        token = secrets.get(TOKEN)
        if token and with_address and not download:
            base = root.rstrip("/") + PATH
            shown |= {"url": base + token, "token": token, "baseUrl": base}
        return shown

    def create_source(self, collector_id: int, body: dict[str, Any]) -> Source:
        """A source; it starts when the supervisor sees it. Refused: type, settings, name."""
        source_type = _source_type(body)
        config, secrets = _checked_config(source_type, body, {})
        now = now_ms()
        with self._metadata() as session:
            collector = _collector(session, collector_id)
            if len(collector.sources) >= MOST_SOURCES:
                message = f"a collector has at most {MOST_SOURCES} sources"
                raise Refused(400, "collectors.validation.fields.invalid", message)
            source = Source(
                collector=collector,
                name=config["name"],
                source_type=UNIVERSAL if source_type.is_universal else source_type.name,
                schema_type=source_type.name if source_type.is_universal else None,
                schema_version=source_type.version,
                config=config,
                paused=False,
                stopping=False,
                created_ms=now,
                modified_ms=now,
                revision=1,
            )
            session.add(source)
            _flushed(session, "source", source.name)
            session.add(SourceStatus(source_id=source.id, state="Pending", since_ms=now))
            if source_type.name == HTTP:
                secrets[TOKEN] = new_token(session, source.id)
            self._keep_secrets(session, source.id, secrets)
            session.commit()
        return source

    def replace_source(
        self, collector_id: int, source_id: int, body: dict[str, Any], if_match: str | None
    ) -> Source:
        """Sets all settings; a secret given as `********` stays. The source starts again with them."""
        with self._metadata() as session:
            source = _source(session, collector_id, source_id)
            check_etag(if_match, etag_of(source))
            source_type = _source_type(body)
            if source_type.name != type_of(source).name:
                raise wrong_source_type(f"the source is a {type_of(source).name} one, which cannot change")
            kept = dict(source.config) | self._read_secrets(session, source_id)
            config, secrets = _checked_config(source_type, body, kept)
            source.config, source.name = config, config["name"]
            source.schema_version = source_type.version
            self._keep_secrets(session, source_id, secrets)
            return _committed(session, source, "source")

    def renew_url(self, collector_id: int, source_id: int) -> Source:
        """Gives an HTTP source another upload address; the old one is refused from then on."""
        with self._metadata() as session:
            source = _source(session, collector_id, source_id)
            if type_of(source).name != HTTP:
                message = f"a {type_of(source).name} source has no upload address"
                raise Refused(400, "collectors.source.type.invalid", message)
            self._keep_secrets(session, source_id, {TOKEN: new_token(session, source_id)})
            return _committed(session, source, "source")

    def pause_source(self, collector_id: int, source_id: int, paused: bool) -> Source:
        """Stops or resumes collecting; how far it got is kept."""
        with self._metadata() as session:
            source = _source(session, collector_id, source_id)
            source.paused = paused
            return _committed(session, source, "source")

    def delete_source(self, collector_id: int, source_id: int) -> None:
        """Asks the source to stop; the supervisor removes it when its task has ended."""
        with self._metadata.begin() as session:
            _source(session, collector_id, source_id).stopping = True

    # For the supervisor

    def settings_of(self, source_id: int) -> tuple[Source, BaseModel] | None:
        """A source with its whole settings, secrets in clear; None where it is gone.

        `Refused` where stored settings no longer pass, as after a change of the rules.
        """
        with self._metadata() as session:
            source = session.get(Source, source_id)
            if source is None:
                return None
            secrets = self._read_secrets(session, source_id)
        source_type = type_of(source)
        own = {key: value for key, value in secrets.items() if key in source_type.secrets}
        try:
            return source, source_type.settings(**source.config, **own)
        except ValidationError as error:
            raise wrong_fields(error, source_type.settings, _place(source_type)) from error

    def _keep_secrets(self, session: Session, source_id: int, secrets: dict[str, str]) -> None:
        for key, value in secrets.items():
            secret = SourceSecret(source_id=source_id, key=key, ciphertext=self._secrets.encrypt(value))
            session.merge(secret)

    def _read_secrets(self, session: Session, source_id: int) -> dict[str, str]:
        stored = session.scalars(select(SourceSecret).where(SourceSecret.source_id == source_id))
        return {secret.key: self._secrets.decrypt(secret.ciphertext) for secret in stored}

    def _saved(self, collector: Collector, kind: str) -> Collector:
        with self._metadata() as session:
            session.add(collector)
            _flushed(session, kind, collector.name)
            session.commit()
        return collector


def _collector(session: Session, collector_id: int) -> Collector:
    collector = session.get(Collector, collector_id)
    if collector is None:
        raise no_collector(collector_id)
    return collector


def _source(session: Session, collector_id: int, source_id: int) -> Source:
    _collector(session, collector_id)
    source = session.get(Source, source_id)
    if source is None or source.collector_id != collector_id:
        raise no_source(source_id)
    return source


def _flushed(session: Session, kind: str, name: str) -> None:
    try:
        session.flush()
    except IntegrityError as error:
        raise name_taken(kind, name) from error


def _committed(session: Session, thing: Thing, kind: str) -> Thing:
    thing.revision += 1
    thing.modified_ms = now_ms()
    _flushed(session, kind, thing.name)
    session.commit()
    return thing


def _checked_collector(body: dict[str, Any]) -> CollectorBody:
    # Clients send null for what is not set.
    given = {key: value for key, value in body.items() if value is not None}
    try:
        checked = CollectorBody(**given)
    except ValidationError as error:
        raise wrong_fields(error, CollectorBody) from error
    if checked.collectorType != "Hosted":
        message = f"{checked.collectorType} collectors cannot be made here"
        raise Refused(400, "collectors.collector.type.invalid", message, 'use "collectorType": "Hosted"')
    return checked


def _source_type(body: dict[str, Any]) -> SourceType:
    universal = ", ".join(name for name, one in SOURCE_TYPES.items() if one.is_universal)
    kind = body.get("sourceType")
    if kind != UNIVERSAL:
        found = SOURCE_TYPES.get(kind) if isinstance(kind, str) else None
        if found is None or found.is_universal:
            others = ", ".join(name for name, one in SOURCE_TYPES.items() if not one.is_universal)
            hint = f'"sourceType" is one of {others} or {UNIVERSAL}, which runs {universal}'
            raise wrong_source_type(f"sources of type {kind} are not built yet", hint)
        return found
    schema = body.get("schemaRef")
    name = schema.get("type") if isinstance(schema, dict) else None
    found = SOURCE_TYPES.get(name) if isinstance(name, str) else None
    if found is None or not found.is_universal:
        raise wrong_source_type(f"schemaRef.type {name} is not known", f"known are {universal}")
    return found


def _place(source_type: SourceType) -> str:
    """What stands before the names of its settings."""
    return "config." if source_type.is_universal else ""


def _checked_config(
    source_type: SourceType, body: dict[str, Any], kept: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The settings as they were given, and apart from them the secrets."""
    config = body.get("config") if source_type.is_universal else body
    given = config if isinstance(config, dict) else {}
    given = {key: value for key, value in given.items() if value is not None}
    if not source_type.is_universal:  # clients send the whole object back
        given = {key: value for key, value in given.items() if key in source_type.settings.model_fields}
    for key in source_type.masked:
        if given.get(key) == MASK:
            given.pop(key)
            if key in kept:
                given[key] = kept[key]
    try:
        source_type.settings(**given)
    except ValidationError as error:
        raise wrong_fields(error, source_type.settings, _place(source_type)) from error
    secrets = {key: given.pop(key) for key in source_type.secrets if key in given}
    return given, secrets


def remove_stopped(metadata: sessionmaker[Session], source_id: int) -> None:
    """Removes a source whose task has ended after a deletion was asked for."""
    with metadata.begin() as session:
        source = session.get(Source, source_id)
        if source is not None and source.stopping:
            session.delete(source)
