import pandas as pd

from pipeline.report.page_data import with_finding


def test_a_witness_carries_the_finding_that_it_bears_witness_to() -> None:
    findings = pd.DataFrame(
        {
            "finding_id": ["f"],
            "feature_tables": [["events", "events", "users", "events"]],
            "algorithms": [["dbscan", "kmeans", "kmeans", "kmeans"]],
            "cluster_ids": [[1_000_000, 3, 4, -1]],
        }
    )
    clusters = pd.DataFrame({"algorithm": ["dbscan", *["kmeans"] * 3], "cluster_id": [1_000_000, 3, 4, -1]})
    assert with_finding(clusters, findings, "events")["finding_id"].fillna("").tolist() == ["f", "f", "", ""]


def test_without_findings_no_cluster_carries_one() -> None:
    findings = pd.DataFrame({"finding_id": [], "feature_tables": [], "algorithms": [], "cluster_ids": []})
    clusters = pd.DataFrame({"algorithm": ["kmeans"], "cluster_id": [3]})
    assert with_finding(clusters, findings, "events")["finding_id"].isna().all()
