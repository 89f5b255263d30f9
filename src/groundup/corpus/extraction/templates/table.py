"""Which rule writes which template: names in small letters, with the names that lead to the same template."""

from __future__ import annotations

from collections.abc import Mapping

from groundup.corpus.extraction.templates import dates, measures, words
from groundup.corpus.extraction.templates.arguments import Rule
from groundup.corpus.extraction.templates.script import lowered, raised

_SHIPS = "HMS HMAS HMCS USS USNS USCGC USAT SS MS MV RMS RV ORP INS SMS HNLMS HDMS HSwMS HNoMS"

_BY_RULE: tuple[tuple[Rule, str], ...] = (
    (measures.convert, "convert; cvt; convert/scale; height convert"),
    (measures.value, "val"),
    (measures.quantity, "unité; unite; unidad; nombre; bartable"),
    (measures.fraction, "frac; fraction; sfrac; frac2; bruch"),
    (measures.power_of_ten, "e; exp10"),
    (measures.ten_to_the, "10^"),
    (measures.power, "pow"),
    (measures.height, "height"),
    (measures.coordinates, "coord"),
    (measures.chemical, "chem; chem2"),
    (measures.ordinal, "ordinal"),
    (measures.money("US$"), "us$; usd; us dollar"),
    (measures.money("A$"), "a$; aud"),
    (measures.money("C$"), "c$; cad"),
    (measures.money("£"), "£; gbp; pound sterling"),
    (measures.money("€"), "€; eur; euro"),
    (measures.money("¥"), "¥; jpy; cny; yen"),
    (measures.money("₹"), "₹; inr; indian rupee"),
    (dates.date_of, "birth date; death date; start date; end date; film date; birth-date; death-date; dob; date"),
    (dates.date_of, "birth year; death year; dts; date table sorting; start-date; end-date; release date"),
    (dates.birth_and_age, "birth date and age; bda; start date and age; birth year and age"),
    (dates.death_and_age, "death date and age; dda"),
    (dates.age, "age; age in years"),
    (dates.as_of, "as of; asof"),
    (dates.circa, "circa; c.; ca.; ca"),
    (dates.floruit, "floruit; fl."),
    (dates.reign, "reign; r."),
    (
        words.first,
        "nowrap; nobr; nobreak; j; small; smaller; large; larger; big; bigger; nobold; noitalic; noitalics; italic;"
        " bold; strong; em; sc; smallcaps; small caps; abbr; abbrv; tooltip; hover title; vr; vanchor; visible anchor;"
        " char; code; kbd; keypress; key press; key; var; mvar; math; tmath; mono; tt; samp; strike; unicode; nastaliq;"
        " script/hebrew; script/arabic; polytonic; ipa; flag; flagcountry; flagu; native name; center; normal;"
        " ipalink; nts; number table sorting; sort; highlight; not a typo; as written; proper name; longitem; lsj; nq;"
        " midsize; overline",
    ),
    (words.second, "lang; langue; resize; font; color; script; font size; rtl lang; rtl-lang; native phrase"),
    (words.last, "transl; transliteration; translit; iast"),
    (words.joined, "linktext"),
    (words.columns, "columns-list; multicol; plainlist; flatlist; cmn; collist"),
    (words.in_a_row, "hlist; hlist-comma; cslist"),
    (words.in_lines, "unbulleted list; ubl; vunblist; ublist; bulleted list; ordered list"),
    (words.quotation, "quote; blockquote; cquote; quotation; bquote; rquote; quote box; centered pull quote"),
    (words.nihongo, "nihongo; nihongo2; nihongo3"),
    (words.other_language, "ill; interlanguage link; interlanguage link multi"),
    (words.sic, "sic; sic?"),
    (words.spaces, "nbsp; spaces; space; thinsp; thin space; hair space; hsp; sp; figure space; ns"),
    (words.page_name, "pagename; fullpagename; subpagename; basepagename"),
    (words.between("⟨", "⟩"), "angbr; angbr ipa; grapheme; angle bracket"),
    (words.between("vol. "), "vol."),
    (words.between("/", "/"), "ipaslink"),
    (words.between("√"), "sqrt; radic"),
    (words.between("'", "'"), "gloss"),
    (words.constant("|"), "!; pipe"),
    (words.constant("||"), "!!"),
    (words.constant("="), "="),
    (words.constant("–"), "ndash; en dash; –"),
    (words.constant("—"), "mdash; em dash; —"),
    (words.constant(" – "), "snd; spnd; spaced ndash; spaced en dash; dash; ndashb"),
    (words.constant(" — "), "spaced mdash; mdashb; smd; spaced em dash"),
    (words.constant(" · "), "·; middot; dot; dot sep; bold middot; *"),
    (words.constant(" • "), "•; bull; bullet; bull sep"),
    (words.constant("'s"), "'s; ‘s"),
    (words.constant("'"), "'; apostrophe; single apostrophe"),
    (words.constant("' \""), "' \""),
    (words.constant("\" '"), "\" '"),
    (words.constant("π"), "pi; π"),
    (words.constant("\n"), "br; break; crlf; pb; parabr; -br"),
    (words.constant("¢"), "cent"),
    (words.constant("⇌"), "eqm"),
    (words.constant("−"), "minus"),
    (words.constant("×"), "times"),
    (lambda arguments: raised(arguments.get("1")), "sup; sup2; superscript"),
    (lambda arguments: lowered(arguments.get("1")), "sub; sub2; subscript"),
)

_RULES: Mapping[str, Rule] = {
    **{name.strip(): rule for rule, names in _BY_RULE for name in names.split(";")},
    **{name.lower(): words.ship(name) for name in _SHIPS.split()},
}


def rule_for(name: str) -> Rule | None:
    """The rule that writes the template of that name, in small letters."""
    # English Wikipedia has {{lang-XX|text}} for some 300 languages; their names tell them.
    return words.first if name.startswith("lang-") else _RULES.get(name)


FUNCTIONS: Mapping[str, Rule] = {
    "formatnum": words.first,
    "lc": words.small_letters,
    "uc": words.capitals,
    "lcfirst": words.small_first,
    "ucfirst": words.capital_first,
}
"""Parser functions, `{{NAME:first argument|second}}`: MediaWiki, Help:Magic words."""
