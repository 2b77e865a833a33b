"""Who works at the site and what its machines are called.

What belongs here: names. What does not: addresses (site), what anybody does.
"""

from pipeline.samples import site

DOMAIN = "corp.example"
FIRST_NAMES = (
    "anna", "bernd", "clara", "david", "elif", "felix", "greta", "henrik", "ines", "jonas",
    "katja", "lukas", "maria", "noah", "olga", "paul", "rosa", "stefan", "theresa", "viktor",
)  # fmt: skip
LAST_NAMES = (
    "adler", "bauer", "costa", "demir", "ernst", "fischer", "graf", "hahn", "ivanova", "jung",
    "keller", "lang", "meyer", "novak", "otto", "peters", "reuter", "schulz", "thoma", "wolf",
)  # fmt: skip
SERVERS = {
    site.dotted(server): name
    for server, name in (
        (site.PUBLIC_SSH, "gate-1"),
        (site.DNS, "dns-1"),
        (site.MAIL, "mail-1"),
        (site.INTRANET, "intranet-1"),
        (site.APPLICATION, "app-1"),
        (site.FILES, "files-1"),
        (site.POSTGRES, "pg-1"),
        (site.MYSQL, "mysql-1"),
        (site.SQL_SERVER, "sql-1"),
    )
}


def user(number: int) -> str:
    """The account of the person who uses the site's client of that number, or who works from elsewhere."""
    count = len(FIRST_NAMES)
    round_, first = divmod(number, count)
    again, last = divmod(round_, count)
    return f"{FIRST_NAMES[first]}.{LAST_NAMES[(7 * first + last) % count]}{again or ''}"


def workstation(number: int) -> str:
    """The name of the site's client of that number."""
    return f"WS-{number + 1:04}"
