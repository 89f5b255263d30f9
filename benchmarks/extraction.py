"""Main text out of web pages: F1 and pages a second, ours beside the libraries' own calls.

The pages and their true texts are those of Scrapinghub's article extraction benchmark: a folder with
`ground-truth.json` and `html/*.html.gz`, such as its repository. Every contender starts from a page's bytes. The
peers are called as their documentation says: `trafilatura.extract` finds the encoding by itself, resiliparse has a
function for it. Ours does what they do and says title, date and licence, refuses what is hostile, and keeps the
account.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from timing import Work, alternate, find_source, parser, peer, rounded, show, table

Extract = Callable[[bytes], str]

# Each of our ways stands beside the call that it is built on.
PAIRS = (
    ("trafilatura", "groundup trafilatura"),
    ("trafilatura fast", "groundup trafilatura fast"),
    ("resiliparse", "groundup resiliparse"),
)


def main() -> None:
    options = parser(__doc__, rounds=5, seconds=5.0)
    options.add_argument("pages", type=Path, help="the folder with ground-truth.json and html/")
    options.add_argument("--limit", type=int, help="take only the first so many pages")
    arguments = options.parse_args()
    find_source()
    contenders = {**peers(), **ours()}
    truth = json.loads((arguments.pages / "ground-truth.json").read_text("utf-8"))
    names = sorted(truth)[: arguments.limit]
    pages = {name: gzip.decompress((arguments.pages / "html" / f"{name}.html.gz").read_bytes()) for name in names}
    for pair in PAIRS:
        results = alternate(
            {name: work(contenders[name], list(pages.values())) for name in pair},
            rounds=arguments.rounds,
            seconds=arguments.seconds,
            warm_ups=1,
        )
        rows = [
            {**row, **quality(contenders[row["contender"]], pages, truth)} for row in table(results, "pages/s", pair[0])
        ]
        show(
            f"Main text of {len(pages):,} web pages, {sum(map(len, pages.values())) / 1e6:.1f} MB: {pair[0]}",
            rows,
            ["trafilatura", "resiliparse", "lxml"],
            as_json=arguments.json,
        )


def peers() -> Mapping[str, Extract]:
    """The libraries by themselves, set as ours sets them."""
    trafilatura = peer("trafilatura")
    peer("resiliparse")
    from resiliparse.extract.html2text import extract_plain_text
    from resiliparse.parse.encoding import bytes_to_str, detect_encoding

    def resiliparse(content: bytes) -> str:
        text = bytes_to_str(content, detect_encoding(content))
        return str(
            extract_plain_text(
                text, main_content=True, alt_texts=False, form_fields=False, noscript=False, comments=False
            )
        )

    return {
        "trafilatura": lambda content: trafilatura.extract(content, include_comments=False) or "",
        "trafilatura fast": lambda content: trafilatura.extract(content, include_comments=False, fast=True) or "",
        "resiliparse": resiliparse,
    }


def ours() -> Mapping[str, Extract]:
    """Our extraction with the same extractors."""
    from groundup.corpus.document import Document, Page
    from groundup.corpus.extraction.extract import extract
    from groundup.corpus.extraction.settings import ExtractionSettings

    def way(settings: ExtractionSettings) -> Extract:
        return lambda content: (
            extract(Page(Document("page", "benchmark"), content, "text/html"), settings).document.text
        )

    return {
        "groundup trafilatura": way(ExtractionSettings()),
        "groundup trafilatura fast": way(ExtractionSettings(fallbacks=False)),
        "groundup resiliparse": way(ExtractionSettings("resiliparse")),
    }


def work(extract: Extract, pages: list[bytes]) -> Work:
    """All pages once: they differ so much that a part of them would be another piece of work."""

    def once() -> float:
        for content in pages:
            extract(content)
        return float(len(pages))

    return once


def quality(extract: Extract, pages: Mapping[str, bytes], truth: Mapping[str, Any]) -> dict[str, float]:
    """F1, precision and recall by the benchmark's measure."""
    from groundup.evaluation.extraction import extraction_score

    score = extraction_score((truth[name]["articleBody"], extract(content)) for name, content in pages.items())
    return {"F1": rounded(score.f1), "precision": rounded(score.precision), "recall": rounded(score.recall)}


if __name__ == "__main__":
    main()
