"""Logistic regression on runs of words and of letters: on long texts hard to beat without pretraining.

The settings are those that were best on held-out parts of the training sets of IMDB and SST-2.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from groundup.tasks.baselines.baseline import Baseline, Guesses, MissingPackage, NotFitting
from groundup.tasks.examples import Labelled
from groundup.tasks.ngrams import WORD, text_of

# scikit-learn's C with letters, of SST-2's sentences: 1 81.6 %, 3 81.8 %, 10 81.0 %, 30 80.4 %; and with words only, of
# IMDB's reviews: 3 90.2 %, 10 90.5 %, 30 90.5 %, 100 90.3 %.
LETTERS_PENALTY, WORDS_PENALTY = 3.0, 30.0
# Letters help where there is little text (SST-2: 79 % without them), and take seven times as long to count as words
# do, so above so many characters of training text words must do.
MOST_CHARACTERS = 5_000_000


def logistic_regression(train: Sequence[Labelled]) -> Baseline:
    """One or two words in a row, and in small sets two to five letters, weighed by tf-idf.

    Classes are not weighed against their numbers, so that of very uneven ones the rare are seldom guessed, and macro F1
    is below what a weighed model would have. Raises NotFitting where there is one label only, or no word that two
    texts have; MissingPackage where scikit-learn is not installed.
    """
    try:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_union
    except ImportError as error:
        raise MissingPackage(
            "Logistic regression on n-grams is not in the table: the package scikit-learn is not installed.",
            "pip install scikit-learn",
        ) from error
    labels = [example.label for example in train]
    if len(set(labels)) < 2:
        raise NotFitting("Logistic regression is not in the table: the training examples have one label only.")
    texts = list(map(text_of, train))
    has_letters = sum(map(len, texts)) <= MOST_CHARACTERS
    # What one text alone has is mostly chance, and there is very much of it.
    common = {"sublinear_tf": True, "min_df": 2, "dtype": np.float32}
    runs = make_union(
        TfidfVectorizer(ngram_range=(1, 2), token_pattern=WORD, **common),
        *[TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), **common)] * has_letters,
    )
    try:
        features = runs.fit_transform(texts)
    except ValueError as error:
        raise NotFitting(
            "Logistic regression is not in the table: no word stands in two of the training texts."
        ) from error
    inverse_penalty = LETTERS_PENALTY if has_letters else WORDS_PENALTY
    model = LogisticRegression(C=inverse_penalty, max_iter=200).fit(features, labels)
    classes = tuple(map(str, model.classes_))

    def predict(examples: Sequence[Labelled]) -> Guesses:
        probabilities = np.asarray(model.predict_proba(runs.transform(list(map(text_of, examples)))), np.float64)
        return Guesses([classes[place] for place in probabilities.argmax(1)], classes, probabilities)

    what = "one and two words" + (" and two to five letters" if has_letters else "")
    return Baseline(
        "logistic regression",
        f"Weighs runs of {what} by tf-idf ({features.shape[1]:,} of them); classes count as often as they occur.",
        predict,
    )
