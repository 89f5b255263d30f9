"""Web archives of made-up pages, the same for the same seed, which `corpus_throughput.py` measures on.

Words are as frequent as in natural text (Zipf's law, with English function words in front), sentences, paragraphs and
articles as long, by log-normal laws. The article is a twentieth of its page, of 90 kB on average; the rest is menus,
styles, scripts and links, alike on all pages of a site. (93 real news pages had 160 kB and a thirtieth.) A quarter of
the pages are what a corpus must not keep; `KINDS` says how many of which.

Archives are WARC files packed record by record, as crawlers write them. Every other one says the type of each payload,
as Common Crawl's do, and the rest do not, as those of most crawlers.
"""

from __future__ import annotations

import argparse
import io
import math
import uuid
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, count
from pathlib import Path
from typing import Any

from timing import peer, positive

KINDS = {
    "article": 0.75,
    "article in windows-1252": 0.02,
    "the same article elsewhere": 0.03,
    "nearly the same article elsewhere": 0.07,
    "few words": 0.05,
    "one sentence again and again": 0.03,
    "curly brackets": 0.02,
    "numbers": 0.02,
    "no web page": 0.01,
}
"""Shares of the pages."""

# The commonest first.
FUNCTION_WORDS = (
    "the of and to in a is that for it was on as with be by at this have are from or had an they which one were all we "
    "there can has been if more when will would who so no out up said what its about than into them only some could"
)
# What syllables begin with, turn on and end in; most end in nothing more.
ONSETS = "b br c ch d dr f fl g gr h j l m n p pl pr qu r s sh sl st t th tr v w"
NUCLEI = "a ai e ea ee i o oa oo ou u"
CODAS = " " * 14 + "d l ll m n nd nt r rt s st t ck ng"
VOCABULARY = 50_000
SITES = 300
ARCHIVE = 100.0
REMEMBERED = 2_000

Article = list[list[list[str]]]
"""Paragraphs of sentences of words."""


@dataclass(frozen=True)
class MadePage:
    """What a server sent."""

    address: str
    content: bytes
    media_type: str = "text/html"


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    options.add_argument("folder", type=Path, help="where to write them")
    options.add_argument("--megabytes", type=positive(float), default=1000.0, help="million bytes of pages, unpacked")
    options.add_argument("--seed", type=int, default=1)
    arguments = options.parse_args()
    print(make_archives(arguments.folder, arguments.megabytes, arguments.seed), "pages")


def make_archives(folder: Path, megabytes: float, seed: int) -> int:
    """Write archives with so many million bytes of pages, and at least eight so that they can be shared out.

    Returns how many pages there are.
    """
    peer("warcio")
    from warcio.warcwriter import WARCWriter

    folder.mkdir(parents=True, exist_ok=True)
    made, written, all_bytes = pages(seed), 0, megabytes * 1e6
    one_archive = min(ARCHIVE * 1e6, all_bytes / 8)
    total = 0.0
    for number in count():
        if total >= all_bytes:
            return written
        with (folder / f"{number:05}.warc.gz").open("wb") as file:
            writer, until = WARCWriter(file, gzip=True), min(all_bytes, (number + 1) * one_archive)
            while total < until:
                page = next(made)
                writer.write_record(_record(writer, page, written, is_typed=number % 2 == 0))
                total += len(page.content)
                written += 1
    raise AssertionError("it ends when enough is written")


def _record(writer: Any, page: MadePage, number: int, *, is_typed: bool) -> Any:
    """A response; nothing in it comes from chance or the clock."""
    from warcio.statusandheaders import StatusAndHeaders

    headers = {
        "WARC-Record-ID": f"<urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{number} {page.address}')}>",
        "WARC-Date": "2026-01-01T00:00:00Z",
    }
    if is_typed:
        headers["WARC-Identified-Payload-Type"] = page.media_type
    return writer.create_warc_record(
        page.address,
        "response",
        payload=io.BytesIO(page.content),
        http_headers=StatusAndHeaders("200 OK", [("Content-Type", page.media_type)], protocol="HTTP/1.1"),
        warc_headers_dict=headers,
    )


def pages(seed: int) -> Iterator[MadePage]:
    """Pages without end."""
    import numpy

    chance = numpy.random.default_rng(seed)
    language = Language(chance)
    sites = [Site(f"site{number}.example", language) for number in range(SITES)]
    earlier: deque[Article] = deque([language.article()], maxlen=REMEMBERED)
    kinds, bounds = list(KINDS), list(accumulate(KINDS.values()))
    for number in count():
        kind = kinds[int(numpy.searchsorted(bounds[:-1], chance.random(), side="right"))]
        site = sites[int(chance.integers(SITES))]
        if kind == "no web page":
            body = b"\x89PNG\r\n\x1a\n" + chance.bytes(20_000)
            yield MadePage(f"http://{site.host}/{number}.png", body, "image/png")
            continue
        encoding = "utf-8"
        if kind.startswith("article"):
            article = language.article()
            earlier.append(article)
            if kind == "article in windows-1252":
                encoding = "windows-1252"
                article = [*article, [["Café", *language.words(12), "naïve", "–", "déjà", "vu"]]]
        elif kind.endswith("elsewhere"):
            article = earlier[int(chance.integers(len(earlier)))]
            if kind.startswith("nearly"):
                article = language.edited(article)
        else:
            article = language.bad(kind)
        yield MadePage(f"http://{site.host}/{number}", site.page(article, encoding).encode(encoding))


class Language:
    """Made-up words, the way that natural ones are used."""

    def __init__(self, chance: Any) -> None:
        import numpy

        self.chance = chance
        common, syllable = FUNCTION_WORDS.split(), [part.split(" ") for part in (ONSETS, NUCLEI, CODAS)]
        made: dict[str, None] = {}
        while len(made) < VOCABULARY - len(common):
            parts = syllable * int(chance.choice([1, 2, 3, 4], p=[0.1, 0.45, 0.35, 0.1]))
            places = chance.random(len(parts))
            word = "".join(part[int(place * len(part))] for part, place in zip(parts, places, strict=True))
            if word not in common:
                made[word] = None
        # Frequent words are short ones (Zipf's law of brevity), more or less.
        ranks = numpy.argsort([len(word) for word in made] + 6 * chance.random(len(made)))
        self.vocabulary = numpy.array([*common, *numpy.array(list(made), object)[ranks]], object)
        # Mandelbrot's form of Zipf's law.
        self.cumulative = numpy.cumsum(1 / (numpy.arange(VOCABULARY) + 2.7))

    def words(self, number: int) -> list[str]:
        """So many words, each independent of the ones before."""
        import numpy

        drawn = self.chance.random(number) * self.cumulative[-1]
        return list(self.vocabulary[numpy.searchsorted(self.cumulative, drawn)])

    def length(self, typical: float, spread: float, least: int, most: int) -> int:
        """A log-normal number; half are below the typical one."""
        return min(most, max(least, int(self.chance.lognormal(math.log(typical), spread))))

    def article(self) -> Article:
        """Mostly 150 to 2,500 words."""
        left = self.length(600, 0.8, 60, 20_000)
        paragraphs: Article = []
        while left > 0:
            sentences = [self.words(self.length(16, 0.5, 4, 60)) for _ in range(self.length(4, 0.5, 1, 12))]
            paragraphs.append(sentences)
            left -= sum(map(len, sentences))
        return paragraphs

    def edited(self, article: Article) -> Article:
        """The article with one word in 200 replaced: of its runs of five words about 95 % are the same."""
        return [
            [[self.words(1)[0] if self.chance.random() < 0.005 else word for word in one] for one in paragraph]
            for paragraph in article
        ]

    def bad(self, kind: str) -> Article:
        """What the rules of quality are for."""
        if kind == "few words":
            return [[self.words(int(self.chance.integers(5, 30)))]]
        if kind == "one sentence again and again":
            return [[self.words(12)]] * 30
        if kind == "curly brackets":
            return [*self.article(), [["function", "()", "{", *self.words(8), "}"]]]
        return [[[str(one) for one in self.chance.integers(0, 10**6, 15)]] for _ in range(20)]


class Site:
    """What all pages of a site have in common."""

    def __init__(self, host: str, language: Language) -> None:
        self.host, self.language = host, language
        words = language.words
        self.name = " ".join(words(2)).title()
        rules = language.length(400, 0.6, 50, 4000)
        styles = (f".{one} {{ margin: {len(one)}px; color: #2a2a2a; display: block }}" for one in words(rules))
        scripts = (f"function {one}(event) {{ return event.{one} || window.{one} }}" for one in words(rules))
        self.head = f"<style>{chr(10).join(styles)}</style>\n<script>{chr(10).join(scripts)}</script>"
        self.menu = _links(words(60), "menu")
        self.foot = _links(words(40), "foot")

    def page(self, article: Article, encoding: str) -> str:
        """The page with an article, links to others beside it."""
        language = self.language
        title = " ".join(language.words(6)).capitalize()
        beside = _links([" ".join(language.words(5)) for _ in range(30)], "related")
        return (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="{encoding}">\n'
            f"<title>{title} | {self.name}</title>\n{self.head}</head>\n"
            f"<body><header><a href='/'>{self.name}</a><nav>{self.menu}</nav></header>\n"
            f"<main><article><h1>{title}</h1>\n{_paragraphs(article)}</article></main>\n"
            f"<aside>{beside}</aside>\n<footer>{self.foot}<p>© {self.name}</p></footer></body></html>\n"
        )


def _paragraphs(article: Article) -> str:
    return "".join(f"<p>{' '.join(map(_sentence, paragraph))}</p>\n" for paragraph in article)


def _sentence(words: Sequence[str]) -> str:
    text = " ".join(words)
    return f"{text[:1].upper()}{text[1:]}."


def _links(names: Sequence[str], kind: str) -> str:
    lines = (
        f'<li class="{kind} item"><div class="{kind}-card" data-place="{place}"><a href="/{kind}/{place}-{len(name)}">'
        f'<img src="/pictures/{place}.webp" alt="" loading="lazy" width="320" height="180"><span class="label">{name}'
        "</span></a></div></li>"
        for place, name in enumerate(names)
    )
    return "<ul>" + "\n".join(lines) + "</ul>"


if __name__ == "__main__":
    main()
