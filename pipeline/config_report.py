"""The section of the report: what makes a cluster suspicious, what an attack pattern needs, and how much is shown."""

from pydantic import Field

from pipeline.config_sections import Section


class AttackPatterns(Section):
    """What a cluster must show to be called by an attack's name; most of its rows must show it."""

    scanned_ports: int = Field(20, ge=2, description="vertical scan: ports of one target that a source tries")
    scanned_targets: int = Field(20, ge=2, description="horizontal scan: targets that a source tries on one port")
    guesses: int = Field(30, ge=2, description="brute force: failed logins to an account, or calls of a login service")
    guesses_per_source: int = Field(
        10, ge=1, description="brute force: calls of the login service by one source, where no log tells of logins"
    )
    sprayed_users: int = Field(5, ge=2, description="password spraying: users that fail to log in from one place")
    guesses_per_user: int = Field(5, ge=1, description="password spraying: at most so many failures of each of them")
    flood_sources: int = Field(50, ge=2, description="distributed flood: sources of one target and port")
    flood_events_per_hour: int = Field(500, ge=1, description="distributed flood: events of one target and port")
    beacon_calls: int = Field(16, ge=4, description="beaconing: calls of one source to one target and port")
    beacon_dispersion: float = Field(
        0.25, ge=0, le=1, description="beaconing: at most so much dispersion of intervals, and of sizes; 0 is a clock"
    )
    beacon_hours: int = Field(6, ge=1, le=24, description="beaconing: hours of the day with calls")
    quiet_ports: list[int] = Field([123], description="beaconing: ports of services that call regularly by design")
    exfiltrated_megabytes: float = Field(
        200, gt=0, description="exfiltration: sent by one source to one target outside, in megabytes"
    )
    sent_share: float = Field(0.7, ge=0, le=1, description="exfiltration: share of the bytes that the source sent")
    off_hours_share: float = Field(
        0.75, gt=0, le=1, description="unusual hours: share of a user's logins outside business hours"
    )
    usual_off_hours_share: float = Field(
        0.1, ge=0, le=1, description="unusual hours: at most so much of it in the nights before, and of other users"
    )
    off_hours_logins: int = Field(5, ge=1, description="unusual hours: at least so many logins")


class Report(Section):
    """What makes a cluster suspicious, and how much is shown."""

    suspicious_countries: list[str] = Field(
        default_factory=list, description="countries as the logs name them; none by default"
    )
    max_findings: int = Field(20, ge=1, description="findings per night")
    blocked_share: float = Field(
        0.7, ge=0, le=1, description="share of blocked events above which a cluster is suspicious"
    )
    night_share_ratio: float = Field(3, gt=1, description="times the site's own share of events between 0 and 5 h")
    sources_per_destination: float = Field(10, gt=1, description="distinct sources of one destination")
    country_share: float = Field(0.3, ge=0, le=1, description="share of events from suspicious countries")
    attack_patterns: AttackPatterns = AttackPatterns()
