"""A supervised source over a writer that keeps lists."""

import json
import threading
import time
from collections import Counter
from concurrent.futures import Future
from types import SimpleNamespace

from dohyo.access.secrets import SecretBox
from dohyo.collect.overview import source_overview
from dohyo.collect.registry import Registry
from dohyo.collect.shapes import etag_of
from dohyo.collect.supervisor import Supervisor
from dohyo.metadata.db import open_metadata


class ListWriter:
    """Takes events as the store's writer does: a message id is stored once."""

    def __init__(self) -> None:
        self.events = {}
        self.times = Counter()
        self.failing = False
        self.health = []  # of sumologic_system_events
        self._lock = threading.Lock()

    def submit(self, events) -> Future:
        future = Future()
        if self.failing:
            future.set_exception(OSError("No space left on device"))
            return future
        with self._lock:
            self.health += [json.loads(event.raw) for event in events if event.view]
            events = [event for event in events if not event.view]
            fresh = [event for event in events if event.messageid not in self.events]
            self.events |= {event.messageid: event for event in fresh}
        future.set_result(SimpleNamespace(stored=len(fresh), repeated=len(events) - len(fresh)))
        return future

    def raws(self) -> list[str]:
        return sorted(event.raw for event in self.events.values())


class Bench:
    """A registry with one source, a supervisor and a writer that keeps lists."""

    def __init__(self, folder, graph) -> None:
        self.graph = graph
        self.metadata = open_metadata(folder)
        secrets = SecretBox(folder)
        self.registry = Registry(self.metadata, secrets)
        self.writer = ListWriter()
        self.supervisor = Supervisor(self.metadata, self.writer, secrets)
        self.collector = self.registry.create_collector({"name": "Labs", "fields": {"team": "blue"}})
        self.source = None

    def config(self, **changes) -> dict:
        who = self.graph.tenant.registration
        config = {
            "name": "Graph",
            "category": "Labs/MicrosoftGraphSecurity",
            "tenant_id": who.tenant,
            "application_id": who.application,
            "secret_key": who.secret,
            "cloud": "custom",
            "graph_root": self.graph.root,
            "authority": self.graph.root,
            "backfill_days": 3,
            "polling_interval_s": 1,
        }
        schema = {"type": "Microsoft Graph Security API"}
        return {"sourceType": "Universal", "schemaRef": schema, "config": config | changes}

    def begin(self, **changes) -> None:
        self.source = self.registry.create_source(self.collector.id, self.config(**changes))
        self.supervisor.start()

    def change(self, **changes) -> None:
        self.source = self.registry.replace_source(
            self.collector.id, self.source.id, self.config(**changes), etag_of(self.source)
        )
        self.supervisor.changed()

    def shown(self) -> dict:
        return source_overview(self.metadata)[0]

    def wait(self, condition, timeout_s: float = 20.0) -> dict:
        """Until the condition holds for the source as it is shown."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            shown = self.shown()
            if condition(shown):
                return shown
            time.sleep(0.02)
        raise AssertionError(f"not within {timeout_s} s; last seen {shown}")

    def wait_until_collected(self) -> dict:
        all_alerts = sorted(entry.text for entry in self.graph.tenant.book.entries.values())
        return self.wait(
            lambda shown: (
                self.writer.raws() == all_alerts and shown["health"] == "healthy" and shown["lastPoll"]
            )
        )
