"""Templates that put nothing into a sentence: citations, notes, warnings, boxes, pronunciations, layout.

What they show stands in the notes, at the margin, above the article or in small letters behind a word. They go without
leaving a hole, and are counted by name like all others.
"""

from __future__ import annotations

_NAMES = """
    -; about; according to whom; additional citation needed; ambiguous; anchor; authority control; better source;
    better source needed; by whom; by whom?; citation; citation needed; clarify; clear; clear left; clear right;
    clr; cn; col div end; col-2; col-begin; col-break; col-end; colbegin; colend; commons; commons category;
    contradictory inline; dead link; decrease; defaultsort; details; disambiguation needed; discuss; displaytitle;
    disputed inline; distinguish; div col; div col end; div end; doi; dubious; efn; efn-la; efn-lr; efn-ua; expand
    section; fact; failed verification; featured article; flagicon; flagicon image; for; full; full citation needed;
    further; further information; good article; harv; harvard citation; harvard citation no brackets; harvcol;
    harvcolnb; harvcoltxt; harvid; harvnb; harvp; harvtxt; hatnote; inconsistent citations; increase; ipac-en; isbn;
    issn; jstor; listen; main; main article; main list; medical citation needed; more citations needed; more
    footnotes; no more links; notelist; notetag; oclc; original research inline; original research?; other uses;
    other uses of; page needed; page number; peacock inline; portal; portal bar; portal-inline; pov statement;
    primary source inline; pronunciation; pronunciation needed; r; redirect; redirect2; ref; ref label; refbegin;
    refend; refimprove; refimprove section; reflist; refn; relevance inline; respell; rp; see; see also;
    self-published inline; self-published source; sfn; sfnm; sfnp; sfnref; short description; sister project links;
    specify; spoken wikipedia; steady; subscription; subscription required; synthesis inline; toc; toc left; toc
    limit; toc right; tocleft; toclimit; tocright; tone inline; undue weight inline; unreferenced section;
    unreliable medical source; unreliable source; unreliable source?; update after; update inline; usurped; vague;
    verification needed; verify credibility; verify source; wayback; weasel inline; weasel-inline; webarchive; when;
    when?; where; which; which?; who; who?; whom?; why; wikibooks; wikinews; wikiquote; wikisource;
    wikisource-inline; wikispecies; wikiversity; wikivoyage; wiktionary; year missing; year needed
"""
_STARTS = (
    "#tag:ref",
    "cite ",
    "citation ",
    "infobox",
    "ipa-",
    "lang-icon",
    "navbox",
    "pp-",
    "r from ",
    "r to ",
    "use ",
    "vcite ",
    "vcite2 ",
)
_APPARATUS = frozenset(" ".join(name.split()) for name in _NAMES.split(";"))


def is_apparatus(name: str) -> bool:
    """Whether the template of that name, in small letters, is no part of the text."""
    return name in _APPARATUS or name.startswith(_STARTS) or name.endswith((" icon", "-stub", " stub"))
