"""Messages of one log source as the store's events, with the account of what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from dohyo.collect.field_table import FieldTable
from dohyo.collect.log_settings import LogSettings
from dohyo.collect.multiline import Message
from dohyo.collect.source import Account
from dohyo.collect.timestamps import REASONS, MessageTime, TimeReader
from dohyo.metadata.collection import Source
from dohyo.store.event import Event, InsertResult, row_key

PART = "_part"  # field of a message that was cut: the number of the piece


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """What is known of where a message is from. What it says wins over the settings of the source; `peer` is
    the host where those name none.
    """

    host: str | None = None
    name: str | None = None
    category: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    peer: str = ""


class Item(NamedTuple):
    """A message, where it is from, and its time in epoch milliseconds where that came beside it."""

    message: Message
    origin: Origin
    time_ms: int | None = None


@dataclass
class Tally:
    """What became of the messages of some time. `notes` counts what people should know, by its words."""

    since_ms: int
    received: int = 0
    left_out: int = 0
    stored: int = 0
    repeated: int = 0
    notes: Counter[str] = field(default_factory=Counter)

    def add_stored(self, result: InsertResult) -> None:
        self.stored += result.stored
        self.repeated += result.repeated

    def add(self, other: Tally) -> None:
        self.received += other.received
        self.left_out += other.left_out
        self.stored += other.stored
        self.repeated += other.repeated
        self.notes.update(other.notes)

    def account(self, now_ms: int) -> Account:
        """The account of the time up to now; `refused` are messages that rules leave out."""
        words = [f"{count:,} times: {note}" for note, count in sorted(self.notes.items())]
        return Account(
            started_ms=self.since_ms,
            finished_ms=now_ms,
            window_from_ms=self.since_ms,
            window_to_ms=now_ms,
            fetched=self.received,
            new=self.stored,
            repeated=self.repeated,
            refused=self.left_out,
            message="; ".join(words) or None,
        )


class LogEvents:
    """Makes the events of one source. Safe from many threads at once."""

    def __init__(self, source: Source, settings: LogSettings, table: FieldTable) -> None:
        collector = source.collector
        self._settings = settings
        self._source_id = str(source.id)
        self._collector, self._source = collector.name, source.name
        self._category = settings.category or collector.category or ""
        self._host = settings.hostName or collector.host_name or ""
        self._fields = dict(collector.fields) | settings.message_fields
        self._table = table
        self._times = TimeReader(settings.time_rules(collector.time_zone))
        self._rules = settings.processing_rules()

    def events(self, items: Sequence[Item], key: str, receipt_ms: int) -> tuple[list[Event], Tally]:
        """Events of the messages that rules let in.

        `key` and a message's place and part are its record key: the same again is the same row. Parts of a
        message that come together have the time of its first part.
        """
        tally = Tally(receipt_ms, received=len(items))
        kept = self._let_in(items)
        times = self._times_of(kept, receipt_ms)
        cutoff_ms = self._settings.cutoff_ms(receipt_ms)
        pairs = [pair for pair in zip(kept, times, strict=True) if pair[1].ms >= cutoff_ms]
        tally.left_out = len(items) - len(pairs)
        texts = [item.message.text for item, _ in pairs]
        if self._rules is not None:
            texts = self._rules.rewritten(texts)
        origins = self._resolved((item.origin for item, _ in pairs), tally)
        events = [
            self._event(item, time, text, origins[id(item.origin)], key, receipt_ms)
            for (item, time), text in zip(pairs, texts, strict=True)
        ]
        for reason, count in Counter(time.reason for _, time in pairs).items():
            if reason in ("fail", "ac2"):
                tally.notes[f"{REASONS[reason]}, so it has the time of receipt"] += count
        if cut := sum(item.message.part > 0 for item, _ in pairs):
            tally.notes["a piece of a message that was too long and was cut"] += cut
        return events, tally

    def _let_in(self, items: Sequence[Item]) -> Sequence[Item]:
        if self._rules is None or not items:
            return items
        kept = self._rules.keeps([item.message.text for item in items])
        return [item for item, stays in zip(items, kept, strict=True) if stays]

    def _times_of(self, items: Sequence[Item], receipt_ms: int) -> list[MessageTime]:
        open_at = [at for at, item in enumerate(items) if item.time_ms is None]
        read = self._times.read([items[at].message.text for at in open_at], receipt_ms)
        found = dict(zip(open_at, read, strict=True))
        times: list[MessageTime] = []
        for at, item in enumerate(items):
            if item.message.part > 1 and times and items[at - 1].message.at == item.message.at:
                times.append(times[-1])
            elif item.time_ms is None:
                times.append(found[at])
            else:
                times.append(self._times.given(item.time_ms, receipt_ms))
        return times

    def _resolved(self, origins: Iterable[Origin], tally: Tally) -> dict[int, Origin]:
        """Each origin with the source's settings in place of what it does not say, by its identity."""
        found: dict[int, Origin] = {}
        for origin in origins:
            if id(origin) in found:
                continue
            fields, dropped = self._table.kept(self._fields | dict(origin.fields))
            if dropped:
                tally.notes["a field that is not in the table of fields was dropped"] += dropped
            found[id(origin)] = Origin(
                origin.host or self._host or origin.peer,
                origin.name or self._source,
                origin.category or self._category,
                fields,
            )
        return found

    def _event(
        self, item: Item, time: MessageTime, text: str, origin: Origin, key: str, receipt_ms: int
    ) -> Event:
        message = item.message
        fields = {**origin.fields, "_format": time.how}
        if message.part:
            fields[PART] = str(message.part)
        return Event(
            messagetime_ms=time.ms,
            receipttime_ms=receipt_ms,
            messageid=row_key(self._source_id, f"{key} {message.at} {message.part}"),
            sourcecategory=origin.category or "",
            collector=self._collector,
            source=self._source,
            sourcehost=origin.host or "",
            sourcename=origin.name or "",
            fields=fields,
            raw=text,
        )
