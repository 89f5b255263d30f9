"""Exact and near duplicates: signals of each text, and clusters of a whole corpus in bounded memory.

Everything is in document order; neither workers nor hash seeds can change what is kept.
"""

from groundup.corpus.duplicates.bands import RECALL_AT_THRESHOLD, rows_in_band
from groundup.corpus.duplicates.clusters import Cluster, Clusters
from groundup.corpus.duplicates.exact import exact_clusters, find_exact
from groundup.corpus.duplicates.near import find_near, near_clusters
from groundup.corpus.duplicates.need import estimate, require, scratch_bytes
from groundup.corpus.duplicates.signing import Hashes, Signature, digest, digest_rows, folded, signature

__all__ = [
    "RECALL_AT_THRESHOLD",
    "Cluster",
    "Clusters",
    "Hashes",
    "Signature",
    "digest",
    "digest_rows",
    "estimate",
    "exact_clusters",
    "find_exact",
    "find_near",
    "folded",
    "near_clusters",
    "require",
    "rows_in_band",
    "scratch_bytes",
    "signature",
]
