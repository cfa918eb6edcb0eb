"""The three roles and the one table of what each may do."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["viewer", "analyst", "administrator"]
ROLES: tuple[Role, ...] = get_args(Role)  # each role may do all that those before it may

# Capability, by its published name, and the first role that has it.
LEAST_ROLE: dict[str, Role] = {
    "runLogSearch": "viewer",
    "viewLibrary": "viewer",
    "viewCollectors": "viewer",
    "viewFields": "viewer",
    "viewFieldExtraction": "viewer",
    "viewPartitions": "viewer",
    "viewScheduledViews": "viewer",
    "viewMonitorsV2": "viewer",
    "viewAlerts": "viewer",
    "viewMutingSchedules": "viewer",
    "manageLibrary": "analyst",  # make and change content of one's own
    "downloadSearchResults": "analyst",
    "createAccessKeys": "analyst",
    "manageMonitorsV2": "analyst",
    "manageMutingSchedules": "analyst",
    "manageContent": "administrator",  # everybody's content
    "manageApps": "administrator",
    "manageCollectors": "administrator",
    "manageFields": "administrator",
    "manageFieldExtractionRules": "administrator",
    "managePartitions": "administrator",
    "manageScheduledViews": "administrator",
    "manageConnections": "administrator",
    "manageAccessKeys": "administrator",
    "manageUsersAndRoles": "administrator",
    "manageTokens": "administrator",
    "manageOrgSettings": "administrator",
    "adminMonitorsV2": "administrator",
    "searchAuditIndex": "administrator",
}


def capabilities_of(role: Role) -> frozenset[str]:
    """Every capability of a role.

    >>> "manageCollectors" in capabilities_of("analyst")
    False
    """
    return frozenset(name for name, least in LEAST_ROLE.items() if ROLES.index(role) >= ROLES.index(least))
