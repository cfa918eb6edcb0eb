"""OTLP logs, in protocol buffers or JSON: one message for each log record.

A record with a text as its body and no attributes is that text; any other is one JSON object, with the body
under `log` beside the attributes. Attributes of the resource, severity and trace ids become fields.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from dohyo.collect.http_upload import MOST_FIELDS, Upload, UploadLimits, origin_of
from dohyo.collect.log_events import Item, Origin
from dohyo.collect.log_settings import MOST_NAME_LETTERS, MOST_VALUE_LETTERS, HttpSettings
from dohyo.collect.multiline import cut_message
from dohyo.collect.protobuf import double, fields_of, signed
from dohyo.collect.refusals import Refused

PROTOBUF, JSON = "application/x-protobuf", "application/json"
BODY = "log"
MOST_BYTES = 16 * 1024 * 1024  # as values it takes many times as much
MOST_DEPTH = 64  # of values inside of values
METADATA = {"_sourcehost": "host", "_sourcename": "name", "_sourcecategory": "category"}
SCOPE = "otel.scope.name"
SEVERITIES = ("", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")  # four numbers each
Values = dict[str, Any]


@dataclass
class Record:
    """A log record of either form. `time_ns` 0: it says none."""

    time_ns: int = 0
    observed_ns: int = 0
    severity: str = ""
    event_name: str = ""
    trace_id: str = ""
    span_id: str = ""
    body: Any = None
    attributes: Values = field(default_factory=dict)


Records = Iterator[tuple[str, Record]]  # each with the name of its scope


def is_json(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").lower().startswith(JSON)


def otlp_items(
    upload: Upload, body: bytes, settings: HttpSettings, limits: UploadLimits
) -> tuple[list[Item], bool]:
    """The messages of a request. Refused with 400 where it is none, 415 where it is of another type, 413
    where it is too large.
    """
    kind = upload.headers.get("content-type", "").lower()
    if not kind.startswith((PROTOBUF, JSON)):
        raise Refused(
            415, "upload.type", f"OTLP comes as {PROTOBUF} or {JSON}, not as {kind[:100] or 'nothing'}"
        )
    if len(body) > MOST_BYTES:
        message = f"an OTLP request has at most {MOST_BYTES:,} bytes, unpacked"
        raise Refused(413, "upload.size", message, "send the records in several requests")
    given = origin_of(upload, settings)
    read = _of_json if is_json(upload.headers) else _of_protobuf
    items: list[Item] = []
    has_name = bool(upload.headers.get("x-sumo-name"))
    try:
        for resource, records in read(body):
            above = _origin(resource, given, has_name)
            for scope, record in records:
                limits.check_count(len(items) + 1, "log records")
                origin = _with_record(above, scope, record, given)
                time_ns = record.time_ns or record.observed_ns
                ordinal = len(items)
                for part in cut_message(_text(record), limits.most_message_bytes):
                    placed = part._replace(at=ordinal)
                    items.append(Item(placed, origin, time_ns // 1_000_000 if time_ns else None))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Refused(400, "upload.otlp", f"the body is no OTLP request for logs: {error}") from None
    return items, False


def _text(record: Record) -> str:
    if isinstance(record.body, str) and not record.attributes:
        return record.body
    if isinstance(record.body, dict) and not record.attributes:
        return _compact(record.body)
    attributes = {
        f"attributes.{BODY}" if key == BODY else key: record.attributes[key] for key in record.attributes
    }
    return _compact({BODY: record.body, **attributes})


def _severity(number: int) -> str:
    """
    >>> [_severity(number) for number in (0, 1, 9, 12, 24, 25)]
    ['', 'TRACE', 'INFO', 'INFO', 'FATAL', '']
    """
    return SEVERITIES[(number + 3) // 4] if 0 < number <= 24 else ""


def _compact(value: Any) -> str:
    return orjson.dumps(value).decode()


def _origin(resource: Values, given: Origin, has_name: bool) -> Origin:
    """Where all records of a resource are from. Headers win over its attributes."""
    said = {METADATA[key.lower()]: str(value) for key, value in resource.items() if key.lower() in METADATA}
    fields: dict[str, str] = {}
    for key, value in resource.items():
        if len(fields) == MOST_FIELDS:
            break
        text = value if isinstance(value, str) else _compact(value)
        if text and key.lower() not in METADATA and 0 < len(key) <= MOST_NAME_LETTERS:
            fields[key] = text[:MOST_VALUE_LETTERS]
    name = said.get("name") or resource.get("service.name")
    return replace(
        given,
        host=given.host or said.get("host"),
        name=given.name if has_name or not name else str(name),
        category=given.category or said.get("category"),
        peer=str(resource.get("host.name") or given.peer),
        fields=fields,
    )


def _with_record(above: Origin, scope: str, record: Record, given: Origin) -> Origin:
    """With what the record itself says; the fields of headers win and stay."""
    texts = {
        "severity": record.severity,
        "trace_id": record.trace_id,
        "span_id": record.span_id,
        "event_name": record.event_name,
        SCOPE: scope,
    }
    own = {key: text[:MOST_VALUE_LETTERS] for key, text in texts.items() if text} | dict(above.fields)
    few = dict(list(own.items())[: MOST_FIELDS - len(given.fields)])
    return replace(above, fields=few | dict(given.fields))


# JSON


def _of_json(body: bytes) -> Iterator[tuple[Values, Records]]:
    request = orjson.loads(body)
    for one in request.get("resourceLogs") or []:
        yield _json_pairs((one.get("resource") or {}).get("attributes")), _json_scopes(one)


def _json_scopes(resource_logs: Values) -> Records:
    for scope in resource_logs.get("scopeLogs") or []:
        name = str((scope.get("scope") or {}).get("name") or "")
        for record in scope.get("logRecords") or []:
            yield name, _json_record(record)


def _json_record(record: Values) -> Record:
    return Record(
        time_ns=int(record.get("timeUnixNano") or 0),
        observed_ns=int(record.get("observedTimeUnixNano") or 0),
        severity=str(record.get("severityText") or _severity(int(record.get("severityNumber") or 0))),
        event_name=str(record.get("eventName") or ""),
        trace_id=str(record.get("traceId") or ""),
        span_id=str(record.get("spanId") or ""),
        body=_json_value(record.get("body")),
        attributes=_json_pairs(record.get("attributes")),
    )


def _json_pairs(pairs: Any) -> Values:
    return {pair["key"]: _json_value(pair.get("value")) for pair in pairs or []}


def _json_value(value: Any) -> Any:
    if not value:
        return None
    [(kind, content)] = value.items()
    if kind == "intValue":
        return int(content)
    if kind == "doubleValue":
        return float(content)
    if kind == "arrayValue":
        return [_json_value(one) for one in content.get("values") or []]
    if kind == "kvlistValue":
        return _json_pairs(content.get("values"))
    if kind not in ("stringValue", "boolValue", "bytesValue"):
        raise ValueError(f"a value of type {kind} is not known")
    return content


# Protocol buffers, by the field numbers of the published .proto files


def _of_protobuf(body: bytes) -> Iterator[tuple[Values, Records]]:
    for resource_logs in _inside(body, 1):
        resource: Values = {}
        for one in _inside(resource_logs, 1):
            resource = _pairs(one, 1)
        yield resource, _scopes(resource_logs)


def _scopes(resource_logs: bytes) -> Records:
    for scope_logs in _inside(resource_logs, 2):
        name = ""
        for scope in _inside(scope_logs, 1):
            name = b"".join(_inside(scope, 1)).decode()
        for record in _inside(scope_logs, 2):
            yield name, _record(record)


def _record(message: bytes) -> Record:
    found = Record()
    for number, value in fields_of(message):
        if isinstance(value, int):
            if number in (1, 11):
                setattr(found, "time_ns" if number == 1 else "observed_ns", value)
            elif number == 2:
                found.severity = found.severity or _severity(value)
        elif number == 5:
            found.body = _value(value)
        elif number == 6:
            key, content = _pair(value)
            found.attributes[key] = content
        elif number in (9, 10):
            setattr(found, "trace_id" if number == 9 else "span_id", value.hex())
        elif number in (3, 12):
            setattr(found, "severity" if number == 3 else "event_name", value.decode())
    return found


def _inside(message: bytes, wanted: int) -> Iterator[bytes]:
    """The messages inside a message that have this field number."""
    for number, value in fields_of(message):
        if number == wanted:
            if isinstance(value, int):
                raise ValueError(f"field {number} is a number where a message is needed")
            yield value


def _pairs(message: bytes, number: int, depth: int = 0) -> Values:
    return dict(_pair(one, depth) for one in _inside(message, number))


def _pair(message: bytes, depth: int = 0) -> tuple[str, Any]:
    key, content = "", None
    for number, value in fields_of(message):
        if number == 1 and isinstance(value, bytes):
            key = value.decode()
        elif number == 2 and isinstance(value, bytes):
            content = _value(value, depth)
    return key, content


_NUMBERS: dict[int, Callable[[int], Any]] = {2: bool, 3: signed, 4: double}


def _value(message: bytes, depth: int = 0) -> Any:
    if depth > MOST_DEPTH:
        raise ValueError(f"values lie more than {MOST_DEPTH} deep in each other")
    found: Any = None
    for number, value in fields_of(message):
        if isinstance(value, int):
            found = _NUMBERS[number](value)
        elif number == 1:
            found = value.decode()
        elif number == 5:
            found = [_value(one, depth + 1) for one in _inside(value, 1)]
        elif number == 6:
            found = _pairs(value, 1, depth + 1)
        elif number == 7:
            found = base64.b64encode(value).decode()
    return found
