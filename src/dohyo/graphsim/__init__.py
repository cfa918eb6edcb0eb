"""A faithful Microsoft Graph Security stand-in: OpenID discovery, token endpoint, alerts_v2 with filter, paging, throttling, faults; and the generator of its alerts."""
