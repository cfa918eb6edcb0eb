"""What an access key may be narrowed to: the published scopes of keys and the capabilities they stand for."""

from __future__ import annotations

from collections.abc import Iterable

from dohyo.access.problems import AccessRefused

# Scope -> capabilities that a key with it keeps of those of its owner. A scope without one is of an area that
# is not built: it is kept and gives nothing.
SCOPES: dict[str, tuple[str, ...]] = {
    "runLogSearch": ("runLogSearch", "downloadSearchResults"),
    "viewLibrary": ("viewLibrary",),
    "manageLibrary": ("manageLibrary", "viewLibrary"),
    "contentAdmin": ("manageContent", "manageLibrary", "viewLibrary"),
    "manageApps": ("manageApps", "viewLibrary"),
    "viewCollectors": ("viewCollectors",),
    "manageCollectors": ("manageCollectors", "viewCollectors"),
    "viewFields": ("viewFields",),
    "manageFields": ("manageFields", "viewFields"),
    "viewFieldExtractionRules": ("viewFieldExtraction",),
    "manageFieldExtractionRules": ("manageFieldExtractionRules", "viewFieldExtraction", "viewFields"),
    "viewPartitions": ("viewPartitions",),
    "managePartitions": ("managePartitions", "viewPartitions"),
    "viewScheduledViews": ("viewScheduledViews",),
    "manageScheduledViews": ("manageScheduledViews", "viewScheduledViews"),
    "viewMonitorsV2": ("viewMonitorsV2",),
    "manageMonitorsV2": ("manageMonitorsV2", "viewMonitorsV2"),
    "adminMonitorsV2": ("adminMonitorsV2", "manageMonitorsV2", "viewMonitorsV2"),
    "viewConnections": (),
    "manageConnections": ("manageConnections",),
    "viewUsersAndRoles": (),
    "manageUsersAndRoles": ("manageUsersAndRoles",),
    "viewPersonalAccessKeys": (),
    "managePersonalAccessKeys": ("createAccessKeys",),
    "manageAccessKeys": ("manageAccessKeys", "createAccessKeys"),
    "manageTokens": ("manageTokens",),
    "manageBudgets": (),
    "manageS3DataForwarding": (),
    "runMetricsQuery": (),
    "viewSlos": (),
    "manageSlos": (),
}


def checked_scopes(scopes: Iterable[str]) -> list[str]:
    """The scopes in order, each once. Refused: `key-scope`."""
    found = sorted(set(scopes))
    if unknown := [scope for scope in found if scope not in SCOPES]:
        raise AccessRefused("key-scope", f'"{unknown[0][:100]}" is no scope of an access key')
    return found


def narrowed(capabilities: frozenset[str], scopes: Iterable[str]) -> frozenset[str]:
    """Of the owner's capabilities those that the scopes keep; without scopes all.

    >>> sorted(narrowed(frozenset({"runLogSearch", "manageApps"}), ["runLogSearch"]))
    ['runLogSearch']
    """
    kept = {capability for scope in scopes for capability in SCOPES.get(scope, ())}
    return capabilities & kept if scopes else capabilities
