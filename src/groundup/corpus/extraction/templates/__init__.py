"""The templates of Wikipedia that we can write out, and those that never were part of the text.

English Wikipedia alone has some 600,000 templates, programs in a language of their own. A few dozen make nearly all
the numbers and foreign words that stand in sentences; each has a small rule here, a function of its arguments that
gives the text or None where it cannot. A rule writes what the author typed: it groups no digits and computes no
second unit, for that depends on the wiki's language and on tables we do not have. The source of each rule is the
template's own documentation, `https://en.wikipedia.org/wiki/Template:NAME`.
"""

from groundup.corpus.extraction.templates.apparatus import is_apparatus
from groundup.corpus.extraction.templates.arguments import Arguments
from groundup.corpus.extraction.templates.table import FUNCTIONS, rule_for

__all__ = ["FUNCTIONS", "Arguments", "is_apparatus", "rule_for"]
