"""Templates that show words: foreign ones, abbreviations, quotations, lists, ships, and mere looks."""

from __future__ import annotations

from groundup.corpus.extraction.templates.arguments import Arguments, Rule


def first(arguments: Arguments) -> str | None:
    """Templates that change the looks of their first argument: nowrap, small, abbr, lang-de, angbr's inside."""
    return arguments.get("1", "text", "content") if arguments.values else None


def second(arguments: Arguments) -> str | None:
    """{{lang|de|Haus}}, {{resize|80%|text}}: the second argument (Template:Lang)."""
    return arguments.get("2", "text") or None


def last(arguments: Arguments) -> str | None:
    """{{transl|ar|ISO|text}}: the last argument (Template:Transliteration)."""
    words = arguments.numbered()
    return words[-1] if words else None


def joined(arguments: Arguments) -> str | None:
    """{{linktext|two|words}}: the arguments without anything between (Template:Linktext)."""
    return "".join(arguments.numbered()) or None


def between(left: str, right: str = "") -> Rule:
    """{{angbr|x}}: the first argument between two signs (Template:Angbr)."""

    def rule(arguments: Arguments) -> str | None:
        return f"{left}{arguments.get('1')}{right}"

    return rule


def constant(text: str) -> Rule:
    """Templates that stand for a sign: {{ndash}}, {{nbsp}}, {{!}}."""
    return lambda arguments: text


def spaces(arguments: Arguments) -> str | None:
    """{{spaces|3}}: no-break spaces, of which one is enough (Template:Spaces)."""
    return "\u00a0"


def nihongo(arguments: Arguments) -> str | None:
    """{{nihongo|English|kanji|romaji|more}}: "English (kanji, romaji, more)" (Template:Nihongo)."""
    english, *others = [*arguments.numbered(), "", ""][:5]
    others = [*[other for other in others if other], *filter(None, [arguments.get("extra")])]
    if not english:
        return f"{others[0]} ({', '.join(others[1:])})" if len(others) > 1 else "".join(others) or None
    return f"{english} ({', '.join(others)})" if others else english


def quotation(arguments: Arguments) -> str | None:
    """{{quote|text|author|source}}: a paragraph, and who said it (Template:Blockquote)."""
    text = arguments.get("text", "quote", "1")
    if not text:
        return None
    by = ", ".join(filter(None, [arguments.get("author", "sign", "2"), arguments.get("source", "title", "3")]))
    return f"\n\n{text}\n— {by}\n\n" if by else f"\n\n{text}\n\n"


def in_a_row(arguments: Arguments) -> str | None:
    """{{hlist|one|two}}: "one · two" (Template:Hlist)."""
    return " · ".join(filter(None, arguments.numbered())) or None


def in_lines(arguments: Arguments) -> str | None:
    """{{unbulleted list|one|two}}, {{plainlist|TEXT}}: a line each (Template:Unbulleted_list)."""
    return "\n" + "\n".join(filter(None, arguments.numbered())) + "\n" if arguments.numbered() else None


def columns(arguments: Arguments) -> str | None:
    """{{columns-list|colwidth=30em|TEXT}}: text in columns (Template:Columns-list)."""
    text = arguments.get("1")
    return f"\n{text}\n" if text else None


def other_language(arguments: Arguments) -> str | None:
    """{{ill|Name|de|Titel|lt=shown}}: a link that another wiki has the page for (Template:Interlanguage_link)."""
    return arguments.get("lt", "display", "1") or None


def sic(arguments: Arguments) -> str | None:
    """{{sic|word}}: "word [sic]", without the remark where it is hidden (Template:Sic)."""
    words = "".join(arguments.numbered()[:2])
    hidden = arguments.is_yes("hide")
    return words if hidden else f"{words} [sic]".strip()


def ship(prefix: str) -> Rule:
    """{{USS|Saratoga|CV-3}}: "USS Saratoga (CV-3)"; 2 as third argument hides the number, 6 all but the name.

    Documentation: Template:USS.
    """

    def rule(arguments: Arguments) -> str | None:
        name, mark, shown = [*arguments.numbered(), "", "", ""][:3]
        shown = arguments.get("up") or shown
        if not name:
            return None
        if shown == "6":
            return name
        return f"{prefix} {name} ({mark})" if mark and shown != "2" else f"{prefix} {name}"

    return rule


def page_name(arguments: Arguments) -> str | None:
    """{{PAGENAME}}: the title of the page (MediaWiki, Help:Magic words)."""
    # A longer title is none, and this would write it once for each 12 characters of the page.
    return arguments.title if 0 < len(arguments.title) <= 255 else None


def small_letters(arguments: Arguments) -> str | None:
    """{{lc:TEXT}} (MediaWiki, Help:Magic words)."""
    return arguments.get("1").lower()


def capitals(arguments: Arguments) -> str | None:
    """{{uc:TEXT}} (MediaWiki, Help:Magic words)."""
    return arguments.get("1").upper()


def small_first(arguments: Arguments) -> str | None:
    """{{lcfirst:TEXT}} (MediaWiki, Help:Magic words)."""
    text = arguments.get("1")
    return text[:1].lower() + text[1:]


def capital_first(arguments: Arguments) -> str | None:
    """{{ucfirst:TEXT}} (MediaWiki, Help:Magic words)."""
    text = arguments.get("1")
    return text[:1].upper() + text[1:]
