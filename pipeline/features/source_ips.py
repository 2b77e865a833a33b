"""Features of source addresses: what they ask for, of how many, how it went, and whom they log in as."""

import ibis
from ibis import _

from pipeline.config import Site
from pipeline.features.address_behaviour import COLUMNS as ADDRESS_COLUMNS
from pipeline.features.address_behaviour import addresses
from pipeline.features.binning import log2_bin_from_zero, share_bin
from pipeline.features.raw_night import RawNight
from pipeline.models.columns import FeatureColumns
from schemas.raw import CONNECTIONS, LOGINS, SECURITY_EVENTS

RAW = (SECURITY_EVENTS, CONNECTIONS, LOGINS)
COLUMNS = FeatureColumns(
    numeric=(*ADDRESS_COLUMNS.numeric, "logins_log2", "users_log2", "login_failure_share"),
    flags=ADDRESS_COLUMNS.flags,
    categorical=ADDRESS_COLUMNS.categorical,
)


def build(night: RawNight, site: Site) -> ibis.Table:
    """Rows of `features.source_ips`, but for pattern and revision."""
    found = addresses(night, site, "source_ip", RAW)
    logins = night.rows(LOGINS)
    attempts = logins.group_by(entity_id=logins.source_ip).agg(
        logins=_.count(), judged_logins=_.success.count(), failed_logins=_.success.count(where=~_.success),
        users=_.user.nunique(),
    )  # fmt: skip
    found = found.left_join(attempts, "entity_id").drop("entity_id_right")
    found = found.mutate(logins=_.logins.fill_null(0), users=_.users.fill_null(0))
    return found.mutate(
        logins_log2=log2_bin_from_zero(_.logins, 2),
        users_log2=log2_bin_from_zero(_.users),
        login_failure_share=share_bin(_.failed_logins, _.judged_logins),
    )
