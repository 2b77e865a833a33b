from dataclasses import replace

from finding_helpers import NIGHT, QUIET, finding, group

from pipeline.config import Report
from pipeline.report.attack_patterns import Named
from pipeline.report.findings import Identity, familiar, find, judge, ranked
from pipeline.report.merging import Cluster
from pipeline.report.usual import Usual

SCAN = Named("vertical_scan", "T1046", "1 source tries 816 ports of one target")
THEFT = Named("exfiltration", "T1048", "a sends 900 MB to b")
BEACON = Named("beaconing", "T1071", "a calls b 144 times")
FAR = replace(QUIET, is_new=True, isolation=4.0)
USUAL = dict.fromkeys(("", "security_events", "connections", "logins"), Usual())


def test_groups_about_the_same_are_one_finding_that_the_named_records_lead() -> None:
    address = group(1, replace(FAR, feature_table="source_ips", records=5000), SCAN)
    events = group(2, FAR, SCAN)
    unnamed = group(3, replace(FAR, feature_table="connections", isolation=9.0))
    found = find([address, events, unnamed], {frozenset((2, 1)), frozenset((2, 3))}, models=5)
    assert [each.number for each in found[0].groups] == [2, 1, 3]
    assert (len(found), found[0].attack_pattern, found[0].reasons[0]) == (1, "vertical_scan", SCAN.sentence)


def test_a_finding_lies_as_far_out_as_the_clearest_of_its_groups() -> None:
    near, far = group(1, QUIET, SCAN, isolation=0.5, is_new=False), group(2, FAR, isolation=4.0)
    (both,), (alone,) = find([near, far], {frozenset((1, 2))}, models=5), find([near], set(), models=5)
    assert (both.parts["isolation"], both.parts["novelty"]) == (30, 15)
    assert (alone.parts["isolation"], alone.parts["novelty"]) == (0, 0)


def test_other_algorithms_and_the_consensus_agree() -> None:
    witness = Cluster("events", "dbscan", 3)
    lone, seen = group(1, FAR), group(1, FAR, witnesses=(witness,), flagged=1.0)
    assert [find([each], set(), models=5)[0].parts["agreement"] for each in (lone, seen)] == [0, 5]
    assert find([group(1, FAR, flagged=0.5)], set(), models=2)[0].parts["agreement"] == 5


def test_what_is_not_odd_is_a_finding_only_by_name() -> None:
    assert find([group(1, FAR, is_odd=False)], set(), models=5) == []
    assert find([group(1, FAR, SCAN, is_odd=False)], set(), models=5)


def test_what_leaves_by_a_beacons_channel_has_the_technique_of_that() -> None:
    by_channel = replace(FAR, busiest_pair=("a", "b"))
    beacon, theft = group(1, by_channel, BEACON), group(2, by_channel, THEFT)
    other = group(3, replace(FAR, busiest_pair=("a", "c")), THEFT)
    found = {each.leader.number: each.named for each in find([beacon, theft, other], set(), models=5)}
    assert {number: named.technique_id for number, named in found.items() if named} == {
        1: "T1071",
        2: "T1041",
        3: "T1048",
    }


def test_a_beacon_of_an_earlier_night_is_a_channel_too() -> None:
    theft = group(1, replace(FAR, busiest_pair=("a", "b")), THEFT)
    found = [find([theft], set(), models=5, channels=channels)[0].named for channels in ((), [("a", "b")])]
    assert [named.technique_id for named in found if named] == ["T1048", "T1041"]


def test_the_view_that_shows_an_attack_names_the_cluster() -> None:
    traffic = replace(FAR, raw_table="connections")
    logins = replace(FAR, raw_table="logins", records=40, shares={"refused": 1.0}, typical={"failures_per_account": 40})
    candidate = group(1).candidate
    judged = judge(7, candidate, [traffic, logins], USUAL, Report())
    assert judged.named is not None
    assert (judged.number, judged.named.pattern, judged.profile) == (7, "brute_force", traffic)
    assert judged.reasons[0] == "1,000 events form a group that the baseline does not know"


def test_findings_come_by_severity_and_the_mild_ones_not_at_all() -> None:
    assert [each.severity for each in ranked([finding(1, 30), finding(2, 90), finding(3, 24.9)])] == [90, 30]


def test_a_group_without_a_name_is_no_news_on_its_second_night() -> None:
    parts = {"isolation": 20.0, "novelty": 15.0}
    first, second = (Identity("f", state, NIGHT, nights) for state, nights in (("new", 1), ("steady", 2)))
    new, lasting = (replace(finding(1, 0), parts=parts, identity=each) for each in (first, second))
    assert (familiar(new).severity, familiar(lasting).severity) == (35, 20)
    assert familiar(replace(lasting, named=SCAN)).severity == 35
