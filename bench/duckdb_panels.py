"""What each panel of the two dashboards answers, in plain DuckDB SQL over the file of alerts.

Every query reads the file; nothing is prepared but the names and types of the members. Rows come in the order
of the panel, fields by the panel's names.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb

Row = dict[str, Any]
MEMBERS = ["id", "status", "severity", "category", "title", "description", "classification", "determination"]
MEMBERS += ["serviceSource", "detectionSource", "alertWebUrl", "assignedTo"]
EMBARGOED = ("CU", "IR", "KP", "SY")
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
_FILLED = "{0} IS NOT NULL AND trim({0}) <> ''"


class Panels:
    """Answers of the panels over the alerts of `file` raised in `[from_ms, to_ms)`."""

    def __init__(self, file: Path, from_ms: int, to_ms: int, place_of: Callable[[str], Row | None]) -> None:
        self._database = duckdb.connect()
        self._database.execute("SET threads = 2")
        types = {**dict.fromkeys(MEMBERS, "VARCHAR"), "createdDateTime": "VARCHAR", "evidence": "JSON[]"}
        listed = ", ".join(f"{name}: '{kind}'" for name, kind in types.items())
        # Digits below a millisecond are cut off, as in the store.
        created = "epoch_ms(rtrim(createdDateTime, 'Z')[:23]::TIMESTAMP)"
        self._alerts = f"""(SELECT *, {created} AS created FROM read_ndjson('{file}', columns = {{{listed}}},
            maximum_object_size = 67108864) WHERE lower(serviceSource) = 'microsoftdefenderforcloudapps')"""
        self._from_ms, self._to_ms, self._place_of = from_ms, to_ms, place_of

    def all(self) -> dict[str, dict[str, Callable[[], list[Row]]]]:
        """By dashboard and panel key, what answers the panel."""
        by = self._counted
        return {
            "Overview": {
                "total-alerts": lambda: self._number("true"),
                "high-severity-alerts": lambda: self._number("lower(severity) LIKE '%high%'"),
                "geo-location-of-alerts": lambda: self._located(None),
                "alerts-by-status": lambda: by("status", "status"),
                "alerts-by-severity": lambda: by("severity", "severity"),
                "alerts-by-classification": lambda: by("classification", "classification"),
                "alerts-by-determination": lambda: by("determination", "determination"),
                "alerts-by-service-source": lambda: by("serviceSource", "service_source"),
                "alerts-by-detection-source": lambda: by("detectionSource", "detection_source"),
                "top-10-alert-categories": lambda: by("category", "category", 10),
                "top-10-users-by-alerts": lambda: self._users("true"),
                "analyst-assignments": self._analysts,
                "alerts-over-time": lambda: self._over_time(HOUR_MS),
                "recent-alerts": self._recent,
            },
            "Security": {
                "alerts-by-severity-over-time": lambda: self._over_time(DAY_MS),
                "high-severity-comparison": self._comparison,
                "top-10-countries-malicious": self._countries,
                "embargoed-locations": lambda: self._located(EMBARGOED),
                "top-10-users-compromised": lambda: self._users(
                    "list_contains(from_json(item->'roles', '[\"VARCHAR\"]'), 'compromised')"
                ),
                "top-10-attacked-devices": self._devices,
            },
        }

    def _rows(self, select: str) -> list[Row]:
        found = self._database.execute(select)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def _within(self, shift_ms: int = 0) -> str:
        start, end = self._from_ms - shift_ms, self._to_ms - shift_ms
        return f"(SELECT * FROM {self._alerts} WHERE created >= {start} AND created < {end})"

    def _evidence(self) -> str:
        return f"(SELECT id, unnest(evidence) AS item FROM {self._within()})"

    def _number(self, condition: str) -> list[Row]:
        return self._rows(f"""SELECT count(DISTINCT id) AS _count FROM {self._within()} WHERE {condition}
            HAVING count(*) > 0""")

    def _counted(self, member: str, name: str, most: int = 10_000) -> list[Row]:
        return self._rows(f"""SELECT {member} AS "{name}", count(DISTINCT id) AS "count" FROM {self._within()}
            WHERE {_FILLED.format(member)} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {most}""")

    def _analysts(self) -> list[Row]:
        owner = f"CASE WHEN {_FILLED.format('assignedTo')} THEN assignedTo ELSE 'Unassigned' END"
        return self._rows(f"""SELECT {owner} AS analyst, count(DISTINCT id) AS "count" FROM {self._within()}
            GROUP BY 1 ORDER BY 2 DESC, 1""")

    def _users(self, condition: str) -> list[Row]:
        principal, account = "item->>'$.userAccount.userPrincipalName'", "item->>'$.userAccount.accountName'"
        user = f"CASE WHEN {_FILLED.format(f'({principal})')} THEN {principal} ELSE {account} END"
        return self._rows(f"""SELECT "user", count(DISTINCT id) AS "count" FROM
            (SELECT id, {user} AS "user" FROM {self._evidence()} WHERE {condition})
            WHERE {_FILLED.format('"user"')} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10""")

    def _countries(self) -> list[Row]:
        return self._rows(f"""SELECT item->>'countryLetterCode' AS country_code, count(DISTINCT id) AS "count"
            FROM {self._evidence()} WHERE lower(item->>'verdict') IN ('malicious', 'suspicious')
            AND {_FILLED.format("(item->>'ipAddress')")} AND {_FILLED.format("(item->>'countryLetterCode')")}
            GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10""")

    def _devices(self) -> list[Row]:
        return self._rows(f"""SELECT item->>'deviceDnsName' AS device, item->>'riskScore' AS risk_score,
            item->>'healthStatus' AS health_status, count(DISTINCT id) AS "count" FROM {self._evidence()}
            WHERE {_FILLED.format("(item->>'deviceDnsName')")}
            GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2 NULLS LAST, 3 NULLS LAST LIMIT 10""")

    def _over_time(self, width_ms: int) -> list[Row]:
        counted = self._rows(f"""SELECT created - created % {width_ms} AS _timeslice, severity,
            count(DISTINCT id) AS "count" FROM {self._within()} WHERE {_FILLED.format("severity")}
            GROUP BY 1, 2""")
        severities = sorted({row["severity"] for row in counted})
        counts = {(row["_timeslice"], row["severity"]): row["count"] for row in counted}
        first = self._from_ms - self._from_ms % width_ms
        starts = range(first, self._to_ms, width_ms) if counted else ()
        return [
            {"_timeslice": start, **{each: counts.get((start, each), 0) for each in severities}}
            for start in starts
        ]

    def _recent(self) -> list[Row]:
        optional = ", ".join(
            f"coalesce({name}, '-') AS {name}" for name in ("category", "classification", "determination")
        )
        found = self._rows(f"""SELECT strftime(make_timestamp(created * 1000), '%d-%m-%Y %H:%M:%S') AS "time",
            id AS alert_id, alertWebUrl AS href, title, description, status, severity, {optional}
            FROM {self._within()} ORDER BY created DESC, id LIMIT 100""")
        for row in found:
            row["alert_id"] = {"text": row["alert_id"], "href": row.pop("href")}
        return found

    def _comparison(self) -> list[Row]:
        def titles(shift_ms: int) -> str:
            return f"""(SELECT title, count(DISTINCT id) AS "count" FROM {self._within(shift_ms)}
                WHERE lower(severity) LIKE '%high%' GROUP BY 1)"""

        return self._rows(f"""SELECT coalesce(a.title, b.title) AS title, a."count" AS "count",
            b."count" AS count_1d FROM {titles(0)} a FULL JOIN {titles(DAY_MS)} b
            ON a.title IS NOT DISTINCT FROM b.title ORDER BY 2 DESC NULLS LAST, 1 NULLS LAST""")

    def _located(self, countries: tuple[str, ...] | None) -> list[Row]:
        """The country database answers for each address, as it does for Dohyo."""
        counted = self._rows(f"""SELECT item->>'ipAddress' AS ip, count(DISTINCT id) AS _count
            FROM {self._evidence()} WHERE {_FILLED.format("(item->>'ipAddress')")} GROUP BY 1""")
        placed = [(row, self._place_of(row["ip"])) for row in counted]
        return [
            {**row, **place}
            for row, place in placed
            if place and (countries is None or place["country_code"] in countries)
        ]
