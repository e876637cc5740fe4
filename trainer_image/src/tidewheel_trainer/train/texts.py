"""Read a column of text as the terms in it: words and pairs of neighbouring words.

A term's value in a row is its TF-IDF, with the logarithm of its count in the row (sublinear), and
the row's values have length 1 (Salton & Buckley, "Term-weighting approaches in automatic text
retrieval", 1988). Estimators that take no sparse rows read the terms' first components instead
(latent semantic analysis: Deerwester et al., "Indexing by latent semantic analysis", 1990).
"""

from collections import Counter

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline

__all__ = ["shared_terms", "text_reader"]

_WORDS = (1, 2)
_MOST_TERMS = 2000
# All pairs of words in millions of rows would fill memory.
_MOST_ROWS = 50_000
_COMPONENTS = 50


def shared_terms(texts: pd.Series) -> list[str]:
    """Return the terms that most rows have, in order of the alphabet.

    At most 50,000 rows from all over the set are looked at. A term of a single row, or of all of
    them, tells nothing about others. scikit-learn's own choice leaves ties to the processor.

    Args:
        texts: strings, None for a missing one, shape (n_rows,).
    """
    rows = min(len(texts), _MOST_ROWS)
    looked_at = texts.iloc[np.linspace(0, len(texts) - 1, rows).astype(int)]
    analyze = CountVectorizer(ngram_range=_WORDS).build_analyzer()
    counts = Counter(term for text in looked_at.dropna() for term in set(analyze(text)))
    ranked = sorted((-count, term) for term, count in counts.items() if 1 < count < rows)
    return sorted(term for _, term in ranked[:_MOST_TERMS])


def text_reader(terms: list[str], seed: int, *, sparse: bool) -> Pipeline:
    """Return what turns one column of text into numbers; a missing text is an empty one.

    Args:
        terms: what is looked for.
        seed: of the components.
        sparse: whether the estimator takes a column for each term.
    """
    filled = SimpleImputer(
        missing_values=None, strategy="constant", fill_value="", keep_empty_features=True
    )
    vectorizer = TfidfVectorizer(ngram_range=_WORDS, sublinear_tf=True, vocabulary=terms)
    # The vectorizer takes one column, not a table of one.
    steps = [filled, ColumnTransformer([("terms", vectorizer, 0)])]
    if not sparse and len(terms) > _COMPONENTS:
        steps.append(TruncatedSVD(_COMPONENTS, random_state=seed))
    return make_pipeline(*steps)
