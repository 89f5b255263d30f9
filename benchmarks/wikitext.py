"""Wikipedia's markup to text: MB a second from the dump to the texts, against mwparserfromhell alone.

The parser alone only builds its tree of each article (`parse`), or builds it and writes its plain text (`strip_code`),
which drops most templates in silence. Ours does what a corpus does: balances, parses, writes, counts what went. All
three have the same articles in memory, so reading the dump is measured apart. A megabyte is one of markup.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from timing import Work, alternate, find_source, parser, peer, show, table

SLICE = Path("wikipedia") / "enwiki-pages-articles-206.xml.bz2"


def main() -> None:
    options = parser(__doc__, rounds=5, seconds=3.0)
    options.add_argument("--dump", type=Path, help="a dump (default: the slice of 206 pages beside the checkout)")
    options.add_argument("--pages", type=int, default=40, help="how many articles of it (default 40)")
    arguments = options.parse_args()
    find_source()
    mwparserfromhell = peer("mwparserfromhell")
    dump = arguments.dump or slice_beside()
    pages = articles(dump, arguments.pages)
    contenders = {
        "parse alone": over(pages, lambda page: mwparserfromhell.parse(page.content.decode())),
        "parse, strip_code": over(pages, lambda page: mwparserfromhell.parse(page.content.decode()).strip_code()),
        "groundup": over(pages, ours()),
    }
    results = alternate(contenders, rounds=arguments.rounds, seconds=arguments.seconds, warm_ups=1)
    size = sum(len(page.content) for page in pages)
    title = f"Wikitext: {len(pages):,} articles, {size / 1e6:.1f} MB of markup"
    show(title, table(results, "MB/s", "parse alone"), ("mwparserfromhell",), as_json=arguments.json)
    reading = alternate({"read the dump": reader(dump)}, rounds=arguments.rounds, seconds=arguments.seconds, warm_ups=1)
    show("The dump to pages", table(reading, "MB/s", "read the dump"), (), as_json=arguments.json)


def slice_beside() -> Path:
    for root in Path(__file__).resolve().parents:
        if (root / "shared" / "data" / SLICE).is_file():
            return root / "shared" / "data" / SLICE
    raise SystemExit("There is no slice beside the checkout; name a dump with --dump.")


def input_file(path: Path) -> Any:
    from groundup.corpus.settings import SourceSettings
    from groundup.corpus.sources.listing import InputFile

    return InputFile("wiki", path.name, path, path.parent, path.stat().st_size, "", SourceSettings("x"), True)


def articles(dump: Path, most: int) -> list[Any]:
    """The first articles of a dump, as pages."""
    from groundup.corpus.document import Page
    from groundup.corpus.sources.wikipedia import read_wikipedia

    pages: list[Any] = []
    for found in read_wikipedia(input_file(dump)):
        if isinstance(found, Page):
            pages.append(found)
            if len(pages) == most:
                break
    return pages


def ours() -> Any:
    from groundup.corpus.extraction.wikitext import wikitext
    from groundup.corpus.extraction.wikitext_settings import WikitextSettings

    settings = WikitextSettings()
    return lambda page: wikitext(page, settings)


def over(pages: list[Any], work: Any) -> Work:
    """One pass over all pages; its unit is a megabyte of markup."""
    size = sum(len(page.content) for page in pages) / 1e6

    def run() -> float:
        for page in pages:
            work(page)
        return size

    return run


def reader(dump: Path) -> Work:
    """One pass over the dump, unpacked on the way; its unit is a megabyte of texts."""
    from groundup.corpus.document import Page
    from groundup.corpus.sources.wikipedia import read_wikipedia

    def run() -> float:
        found = read_wikipedia(input_file(dump))
        return sum(len(one.content) if isinstance(one, Page) else one.characters for one in found) / 1e6

    return run


if __name__ == "__main__":
    main()
