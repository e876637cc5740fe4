"""Divide the rows of a run as its Dataset's split says: rows to learn, to choose by, to test.

With a split by hash or by column the champion is taken to have learned test rows: it was fitted on
all rows of its snapshot in the end. So recipes are compared, whatever split the champion had.
"""

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tidewheel_contracts.api.v1alpha1.dataset_split import ColumnSplit, HashSplit
from tidewheel_trainer import times
from tidewheel_trainer.train.guard import ONE_MODEL, TWO_MODELS, Shortage
from tidewheel_trainer.train.material import Material
from tidewheel_trainer.train.rows import Rows
from tidewheel_trainer.train.run import Run
from tidewheel_trainer.train.split import (
    Buckets,
    Split,
    split_as_marked,
    split_by_hash,
    split_by_time,
    validation_as_marked,
    validation_by_hash,
    validation_by_time,
    window_before,
    with_judgeable_rows,
)
from tidewheel_trainer.train.split_keys import key_hashes

__all__ = ["learned_through", "rows_before_test", "test_rows", "validation_rows"]


def test_rows(run: Run, material: Material) -> Split | Shortage:
    """Return the rows that test, or what the labelled rows lack for a judgement."""
    rows, target = material.rows, material.rows.target
    guard = (ONE_MODEL if material.champion is None else TWO_MODELS)[target.task]
    declared = run.request.split
    if declared is not None and declared.hash is not None:
        hashes = _key_hashes(rows, declared.hash)
        outcome = split_by_hash(hashes, target, guard, _buckets(declared.hash))
        return _with_keys(outcome, declared.hash, hashes)
    if declared is not None and declared.column is not None:
        test = _marked(rows, declared.column, declared.column.test)
        if rows.times is not None:
            return split_as_marked(test, rows.times // times.DAY, target, guard, "days")
        groups = Buckets().groups(material.hashes())
        return split_as_marked(test, groups, target, guard, "groups")
    if rows.times is None:
        return split_by_hash(material.hashes(), target, guard)
    through = learned_through(material)
    if declared is None or declared.time is None:
        return split_by_time(rows.times, target, through, guard)
    share = float(declared.time.test_share)
    return split_by_time(rows.times, target, through, guard, share)


def validation_rows(run: Run, material: Material, split: Split) -> np.ndarray | Shortage:
    """Return which of the rows outside the test choose among candidates, shape (n_rows,)."""
    rows, target, learnable = material.rows, material.rows.target, ~split.test
    declared = run.request.split
    if declared is not None and declared.hash is not None:
        hashes = _key_hashes(rows, declared.hash)
        return validation_by_hash(hashes, target, learnable, _buckets(declared.hash))
    if declared is not None and declared.column is not None:
        marked = _marked(rows, declared.column, declared.column.validation)
        return validation_as_marked(marked, target, learnable, declared.column.validation)
    if rows.times is None:
        return validation_by_hash(material.hashes(), target, learnable)
    if declared is None or declared.time is None:
        return validation_by_time(rows.times, target, learnable)
    return validation_by_time(rows.times, target, learnable, float(declared.time.validation_share))


def rows_before_test(run: Run, material: Material, split: Split) -> Split | Shortage:
    """Return a second window to compare two recipes in, or what the rows lack for it.

    It is that of the rows which choose among candidates; by times as many more days as it takes.
    The rows that neither window tests are those to learn.
    """
    rows, learnable = material.rows, ~split.test
    guard = TWO_MODELS[rows.target.task]
    declared = run.request.split
    is_by_time = declared is None or declared.time is not None
    if rows.times is not None and is_by_time:
        shares = declared.time if declared is not None else None
        share = () if shares is None else (float(shares.validation_share),)
        return window_before(rows.times, rows.target, learnable, guard, *share)
    validation = validation_rows(run, material, split)
    if isinstance(validation, Shortage):
        return validation
    is_by_day = rows.times is not None and declared is not None and declared.column is not None
    window = Split(validation, split.clusters, unseen=False)
    cluster_word = "days" if is_by_day else "groups"
    return with_judgeable_rows(window, rows.target, learnable, guard, cluster_word)


def _buckets(split: HashSplit) -> Buckets:
    """Return shares as whole numbers of ten thousand buckets: they have two decimals at most."""
    test, validation = (int(Decimal(s) * 100) for s in (split.test_share, split.validation_share))
    return Buckets(count=10_000, test=test * 100, validation=(100 - test) * validation)


def _key_hashes(rows: Rows, split: HashSplit) -> np.ndarray:
    return key_hashes(_of_split(rows).select(list(split.columns)))


def _marked(rows: Rows, split: ColumnSplit, text: str) -> np.ndarray:
    return np.asarray(pc.equal(_of_split(rows)[split.name], text).to_numpy())


def _of_split(rows: Rows) -> pa.Table:
    if rows.split_values is None:
        raise ValueError("the rows were read without the columns of the split")
    return rows.split_values


def _with_keys(outcome: Split | Shortage, split: HashSplit, hashes: np.ndarray) -> Split | Shortage:
    """Say in a shortage how many keys there are: few of them cannot be shared out."""
    if isinstance(outcome, Split):
        return outcome
    keys = len(np.unique(hashes))
    named = ", ".join(repr(name) for name in split.columns)
    if keys == 1:
        return Shortage(
            f"all {len(hashes):,} labelled rows agree in the key {named} of `split.hash`, and rows "
            "of one key lie on one side; a split needs more keys"
        )
    return Shortage(
        f"{outcome.sentence}; the {len(hashes):,} labelled rows have {keys:,} values of the key "
        f"{named}"
    )


def learned_through(material: Material) -> int | None:
    """Return the highest time that the champion learned, if it went by the same time column."""
    champion = material.champion
    if champion is None or champion.trained_through is None:
        return None
    if champion.recipe.time != material.recipes[0].time:
        return None
    return times.microseconds(champion.trained_through)
