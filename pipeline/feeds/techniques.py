"""Names of the MITRE ATT&CK techniques that findings carry, with the tactic that each serves here.

Source: MITRE ATT&CK for Enterprise. Which evidence supports which technique is not decided here.
"""

from typing import NamedTuple


class Tactic(NamedTuple):
    """A tactic of ATT&CK: its id and name."""

    uid: str
    name: str


class Technique(NamedTuple):
    """A technique of ATT&CK; `parent` is set for a sub-technique."""

    uid: str
    name: str
    tactic: Tactic | None
    parent: "Technique | None" = None

    @property
    def url(self) -> str:
        """Where ATT&CK describes it."""
        return f"https://attack.mitre.org/techniques/{self.uid.replace('.', '/')}/"


DISCOVERY = Tactic("TA0007", "Discovery")
CREDENTIALS = Tactic("TA0006", "Credential Access")
CONTROL = Tactic("TA0011", "Command and Control")
EXFILTRATION = Tactic("TA0010", "Exfiltration")
BRUTE_FORCE = Technique("T1110", "Brute Force", CREDENTIALS)
KNOWN = {
    technique.uid: technique
    for technique in (
        Technique("T1021", "Remote Services", Tactic("TA0008", "Lateral Movement")),
        Technique("T1041", "Exfiltration Over C2 Channel", EXFILTRATION),
        Technique("T1046", "Network Service Discovery", DISCOVERY),
        Technique("T1048", "Exfiltration Over Alternative Protocol", EXFILTRATION),
        Technique("T1071", "Application Layer Protocol", CONTROL),
        Technique("T1078", "Valid Accounts", Tactic("TA0001", "Initial Access")),
        BRUTE_FORCE,
        Technique("T1110.001", "Password Guessing", CREDENTIALS, BRUTE_FORCE),
        Technique("T1110.003", "Password Spraying", CREDENTIALS, BRUTE_FORCE),
        Technique("T1498", "Network Denial of Service", Tactic("TA0040", "Impact")),
        Technique("T1571", "Non-Standard Port", CONTROL),
        Technique("T1595", "Active Scanning", Tactic("TA0043", "Reconnaissance")),
    )
}


def technique_of(technique_id: str | None) -> Technique | None:
    """The technique of a finding; one that has no entry is named by its id."""
    if not technique_id:
        return None
    if technique_id in KNOWN:
        return KNOWN[technique_id]
    above, _, below = technique_id.partition(".")
    return Technique(technique_id, technique_id, None, technique_of(above) if below else None)
