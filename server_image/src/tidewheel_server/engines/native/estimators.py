"""Reads a fitted estimator and says how the C++ engine computes it: pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tidewheel_native.engine import DoubleTrees, FloatTrees, Linear
from tidewheel_server.engines.native.document import SkopsObject
from tidewheel_server.engines.native.tree_arrays import add_histogram_tree, add_tree
from tidewheel_server.engines.native.unsupported import UnsupportedError

__all__ = ["Computation", "computation"]


@dataclass(frozen=True, slots=True)
class Computation:
    """What the engine needs: sums that begin with `start`, and what is answered from them.

    Attributes:
        part: adds to the sums.
        start: what the sums begin with, shape (n_sums,).
        answer: how they become the answer; see `answer.hpp`.
        accepts: which rows are answered; see `model.hpp`.
        is_classifier: whether the answer is a probability for each class.
    """

    part: Linear | FloatTrees | DoubleTrees
    start: tuple[float, ...]
    answer: str
    accepts: str
    is_classifier: bool

    @property
    def is_exact(self) -> bool:
        """Say whether every bit of the answers is scikit-learn's."""
        return not isinstance(self.part, Linear) and self.answer in {"identity", "mean"}


def computation(estimator: SkopsObject, width: int) -> Computation:
    """Return how the answers of an estimator that reads `width` features are computed.

    Raises:
        UnsupportedError: it is not implemented, or not with these parameters.
    """
    read = _READERS.get(estimator.name)
    if read is None:
        raise UnsupportedError(f"{estimator.short_name} is not implemented")
    return read(estimator, width)


def _linear(estimator: SkopsObject, width: int, answer: str, *, is_classifier: bool) -> Computation:
    coefficients = np.atleast_2d(estimator.array("coef_")).astype(np.float64)
    intercepts = np.atleast_1d(np.asarray(estimator["intercept_"], dtype=np.float64))
    sums = len(coefficients)
    if coefficients.shape != (sums, width) or intercepts.shape not in {(1,), (sums,)}:
        raise UnsupportedError(f"{estimator.short_name} with such coefficients is not known")
    intercepts = np.broadcast_to(intercepts, (sums,))
    part = Linear(coefficients.ravel().tolist(), intercepts.tolist())
    return Computation(part, (0.0,) * sums, answer, "finite", is_classifier)


def _regression(estimator: SkopsObject, width: int) -> Computation:
    return _linear(estimator, width, "identity", is_classifier=False)


def _log_link(estimator: SkopsObject, width: int) -> Computation:
    return _linear(estimator, width, "exponential", is_classifier=False)


def _tweedie(estimator: SkopsObject, width: int) -> Computation:
    link = estimator["link"]
    if link == "auto":
        link = "identity" if estimator["power"] <= 0 else "log"
    return _log_link(estimator, width) if link == "log" else _regression(estimator, width)


def _logistic(estimator: SkopsObject, width: int) -> Computation:
    answer = "logistic" if len(estimator["classes_"]) <= 2 else "softmax"
    return _linear(estimator, width, answer, is_classifier=True)


def _stochastic(estimator: SkopsObject, width: int) -> Computation:
    if estimator["loss"] != "log_loss":
        raise UnsupportedError(f"SGDClassifier with loss={estimator['loss']!r} is not implemented")
    answer = "logistic" if len(estimator["classes_"]) <= 2 else "one_to_rest"
    return _linear(estimator, width, answer, is_classifier=True)


def _tree(estimator: SkopsObject, width: int) -> Computation:
    return _forest_of([estimator], width, "identity")


def _forest(estimator: SkopsObject, width: int) -> Computation:
    return _forest_of(estimator["estimators_"], width, "mean")


def _forest_of(trees: list[SkopsObject], width: int, answer: str) -> Computation:
    if not trees or any(tree["n_outputs_"] != 1 for tree in trees):
        raise UnsupportedError("a forest of several outputs is not implemented")
    first = trees[0]
    is_classifier = first.short_name.endswith("Classifier")
    outputs = int(first["n_classes_"]) if is_classifier else 1
    part = FloatTrees(width, outputs, outputs, 1.0)
    for tree in trees:
        add_tree(part, tree.object("tree_"), 0)
    takes_missing = first.name in _TAKE_MISSING or first["splitter"] == "random"
    accepts = "finite_or_missing" if takes_missing else "finite"
    return Computation(part, (0.0,) * outputs, answer, accepts, is_classifier)


def _gradient_boosting(estimator: SkopsObject, width: int) -> Computation:
    loss = estimator.object("_loss").short_name
    answer = _named(_LINKS_OF_TREES, loss, estimator)
    sums = int(estimator["n_trees_per_iteration_"])
    part = FloatTrees(width, sums, 1, float(estimator["learning_rate"]))
    for stage in estimator["estimators_"]:
        for output, tree in enumerate(stage):
            add_tree(part, tree.object("tree_"), output)
    start = _first_guess(estimator, loss, sums)
    is_classifier = estimator.short_name.endswith("Classifier")
    return Computation(part, tuple(start.tolist()), answer, "finite", is_classifier)


def _first_guess(estimator: SkopsObject, loss: str, sums: int) -> NDArray[np.float64]:
    """Return what the sums begin with: what the dummy says, through the loss's link."""
    dummy = estimator["init_"]
    if dummy == "zero":
        return np.zeros(sums)
    if not isinstance(dummy, SkopsObject) or not dummy.short_name.startswith("Dummy"):
        raise UnsupportedError(f"{estimator.short_name} with another init is not implemented")
    if dummy.short_name == "DummyRegressor":
        return dummy.array("constant_").astype(np.float64).reshape(-1)
    if dummy["strategy"] != "prior":
        raise UnsupportedError(f"{estimator.short_name} with another init is not implemented")
    smallest = np.finfo(np.float64).eps
    prior = np.clip(dummy.array("class_prior_"), smallest, 1 - smallest, dtype=np.float64)
    if loss == "HalfMultinomialLoss":
        return np.asarray(np.log(prior / np.exp(np.average(np.log(prior)))))
    return _logit(prior[1:2]) * (0.5 if loss == "ExponentialLoss" else 1.0)


def _logit(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of the odds, with scipy's care for shares around a half."""
    shift = 2 * (share - 0.5)
    near = (share >= 0.3) & (share <= 0.65)
    return np.where(near, np.log1p(shift) - np.log1p(-shift), np.log(share / (1 - share)))


def _histogram_boosting(estimator: SkopsObject, width: int) -> Computation:
    if estimator["_preprocessor"] is not None or estimator["is_categorical_"] is not None:
        raise UnsupportedError(
            f"{estimator.short_name} with categorical_features is not implemented"
        )
    answer = _named(_LINKS_OF_HISTOGRAMS, estimator.object("_loss").short_name, estimator)
    start = estimator.array("_baseline_prediction").astype(np.float64).reshape(-1)
    part = DoubleTrees(width, len(start), 1, 1.0)
    for stage in estimator["_predictors"]:
        for output, tree in enumerate(stage):
            add_histogram_tree(part, tree, output)
    is_classifier = estimator.short_name.endswith("Classifier")
    return Computation(part, tuple(start.tolist()), answer, "anything", is_classifier)


def _named(answers: Mapping[str, str], loss: str, estimator: SkopsObject) -> str:
    if loss not in answers:
        raise UnsupportedError(f"{estimator.short_name} with {loss} is not implemented")
    return answers[loss]


_LINKS_OF_CLASSES = {
    "HalfBinomialLoss": "logistic",
    "HalfMultinomialLoss": "softmax",
}
_LINKS_OF_TREES = _LINKS_OF_CLASSES | {
    "ExponentialLoss": "half_logistic",
    "AbsoluteError": "identity",
    "HalfSquaredError": "identity",
    "HuberLoss": "identity",
    "PinballLoss": "identity",
}
_LINKS_OF_HISTOGRAMS = _LINKS_OF_CLASSES | {
    "AbsoluteError": "identity",
    "HalfGammaLoss": "exponential",
    "HalfPoissonLoss": "exponential",
    "HalfSquaredError": "identity",
    "PinballLoss": "identity",
}
_TAKE_MISSING = frozenset(
    {"sklearn.tree._classes.DecisionTreeClassifier", "sklearn.tree._classes.DecisionTreeRegressor"}
)
_Reader = Callable[[SkopsObject, int], Computation]
_READERS: Mapping[str, _Reader] = {
    "sklearn.ensemble._forest.ExtraTreesClassifier": _forest,
    "sklearn.ensemble._forest.ExtraTreesRegressor": _forest,
    "sklearn.ensemble._forest.RandomForestClassifier": _forest,
    "sklearn.ensemble._forest.RandomForestRegressor": _forest,
    "sklearn.ensemble._gb.GradientBoostingClassifier": _gradient_boosting,
    "sklearn.ensemble._gb.GradientBoostingRegressor": _gradient_boosting,
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier": (
        _histogram_boosting
    ),
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingRegressor": (
        _histogram_boosting
    ),
    "sklearn.linear_model._base.LinearRegression": _regression,
    "sklearn.linear_model._coordinate_descent.ElasticNet": _regression,
    "sklearn.linear_model._coordinate_descent.Lasso": _regression,
    "sklearn.linear_model._glm.glm.GammaRegressor": _log_link,
    "sklearn.linear_model._glm.glm.PoissonRegressor": _log_link,
    "sklearn.linear_model._glm.glm.TweedieRegressor": _tweedie,
    "sklearn.linear_model._huber.HuberRegressor": _regression,
    "sklearn.linear_model._logistic.LogisticRegression": _logistic,
    "sklearn.linear_model._ridge.Ridge": _regression,
    "sklearn.linear_model._stochastic_gradient.SGDClassifier": _stochastic,
    "sklearn.linear_model._stochastic_gradient.SGDRegressor": _regression,
    "sklearn.svm._classes.LinearSVR": _regression,
    "sklearn.tree._classes.DecisionTreeClassifier": _tree,
    "sklearn.tree._classes.DecisionTreeRegressor": _tree,
}
