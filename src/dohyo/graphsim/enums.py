"""Members of the enumerations of alerts_v2, as documented; the USUAL lists weigh them."""

STATUS = ("unknown", "new", "inProgress", "resolved", "unknownFutureValue")
SEVERITY = ("unknown", "informational", "low", "medium", "high", "unknownFutureValue")
CLASSIFICATION = (
    "unknown",
    "falsePositive",
    "truePositive",
    "informationalExpectedActivity",
    "unknownFutureValue",
)
DETERMINATION = [
    "unknown",
    "apt",
    "malware",
    "securityPersonnel",
    "securityTesting",
    "unwantedSoftware",
    "other",
    "multiStagedAttack",
    "compromisedUser",
    "phishing",
    "maliciousUserActivity",
    "clean",
    "insufficientData",
    "confirmedUserActivity",
    "lineOfBusinessApplication",
    "unknownFutureValue",
    "compromisedAccount",
    "notMalicious",
    "notEnoughDataToValidate",
    "confirmedActivity",
]
CLOUD_APPS = "microsoftDefenderForCloudApps"
SERVICE_SOURCE = [
    "unknown",
    "microsoftDefenderForEndpoint",
    "microsoftDefenderForIdentity",
    "microsoftDefenderForCloudApps",
    "microsoftDefenderForOffice365",
    "microsoft365Defender",
    "azureAdIdentityProtection",
    "microsoftAppGovernance",
    "dataLossPrevention",
    "unknownFutureValue",
    "microsoftDefenderForCloud",
]
# Sent as `unknownFutureValue` unless the client asks for later members with the Prefer header.
ADDED_LATER = frozenset({"microsoftDefenderForCloud"})
DETECTION_SOURCE = [
    "unknown",
    "microsoftDefenderForEndpoint",
    "antivirus",
    "smartScreen",
    "customTi",
    "microsoftDefenderForOffice365",
    "automatedInvestigation",
    "microsoftThreatExperts",
    "customDetection",
    "microsoftDefenderForIdentity",
    "cloudAppSecurity",
    "microsoft365Defender",
    "azureAdIdentityProtection",
    "manual",
    "microsoftDataLossPrevention",
    "appGovernancePolicy",
    "appGovernanceDetection",
    "unknownFutureValue",
    "microsoftDefenderForCloud",
    "microsoftDefenderForIoT",
    "microsoftDefenderForServers",
    "microsoftDefenderForStorage",
    "microsoftDefenderForDNS",
    "microsoftDefenderForDatabases",
    "microsoftDefenderForContainers",
    "microsoftDefenderForNetwork",
    "microsoftDefenderForAppService",
    "microsoftDefenderForKeyVault",
    "microsoftDefenderForResourceManager",
    "microsoftDefenderForApiManagement",
]
VERDICT = ("unknown", "suspicious", "malicious", "noThreatsFound", "unknownFutureValue")
REMEDIATION = [
    "none",
    "remediated",
    "prevented",
    "blocked",
    "notFound",
    "unknownFutureValue",
    "active",
    "pendingApproval",
    "declined",
    "notRemediated",
    "running",
    "partiallyRemediated",
]
ROLE = [
    "unknown",
    "contextual",
    "scanned",
    "source",
    "destination",
    "created",
    "added",
    "compromised",
    "edited",
    "attacked",
    "attacker",
    "commandAndControl",
    "loaded",
    "suspicious",
    "policyViolator",
    "unknownFutureValue",
]
DETECTION_STATUS = ("detected", "blocked", "prevented", "unknownFutureValue")
AV_STATUS = (
    "notReporting",
    "disabled",
    "notUpdated",
    "updated",
    "unknown",
    "notSupported",
    "unknownFutureValue",
)
HEALTH = [
    "active",
    "inactive",
    "impairedCommunication",
    "noSensorData",
    "noSensorDataImpairedCommunication",
    "unknown",
    "unknownFutureValue",
]
RISK = ("none", "informational", "low", "medium", "high", "unknownFutureValue")
ONBOARDING = (
    "unknown",
    "insufficientInfo",
    "onboarded",
    "canBeOnboarded",
    "unsupported",
    "unknownFutureValue",
)

USUAL_SEVERITY = ("informational",) * 3 + ("low",) * 6 + ("medium",) * 8 + ("high",) * 4
USUAL_VERDICT = ("unknown",) * 4 + ("suspicious",) * 5 + ("malicious",) * 4 + ("noThreatsFound",) * 2
USUAL_REMEDIATION = (
    ("none",) * 6 + ("active",) * 3 + ("remediated", "prevented", "blocked", "pendingApproval")
)
