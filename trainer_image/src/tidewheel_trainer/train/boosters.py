"""XGBoost and LightGBM, where the extra `boosters` is installed: for XGBoost 3.2, LightGBM 4.7.

Neither checks its parameters before a fit, and both take files, addresses and code among them. So
each parameter that a candidate may set stands here with its range; all others are refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from sklearn.base import BaseEstimator
from sklearn.ensemble import VotingClassifier
from sklearn.utils._param_validation import Interval, StrOptions

try:
    import lightgbm
    import xgboost
except (ImportError, OSError):  # OSError: LightGBM is there, and the system's libgomp is not
    _IS_INSTALLED = False
else:
    _IS_INSTALLED = True

__all__ = ["BOOSTERS", "BOOSTER_NAMES", "FIT_ERRORS", "Booster", "with_encoded_classes"]

Range = list[Any]

BOOSTER_NAMES = (
    "xgboost.XGBClassifier",
    "xgboost.XGBRFClassifier",
    "lightgbm.LGBMClassifier",
    "xgboost.XGBRegressor",
    "xgboost.XGBRFRegressor",
    "lightgbm.LGBMRegressor",
)

_COUNT: Range = [Interval(Integral, 1, None, closed="left")]
_FROM_ZERO: Range = [Interval(Integral, 0, None, closed="left")]
_WEIGHT: Range = [Interval(Real, 0, None, closed="left")]
_POSITIVE: Range = [Interval(Real, 0, None, closed="neither")]
_SHARE: Range = [Interval(Real, 0, 1, closed="right")]

_XGBOOST: dict[str, Range] = {
    "n_estimators": _COUNT,
    "learning_rate": _POSITIVE,
    "max_depth": _FROM_ZERO,
    "max_leaves": _FROM_ZERO,
    "max_bin": [Interval(Integral, 2, None, closed="left")],
    "grow_policy": [StrOptions({"depthwise", "lossguide"})],
    "tree_method": [StrOptions({"auto", "exact", "approx", "hist"})],
    "gamma": _WEIGHT,
    "min_child_weight": _WEIGHT,
    "max_delta_step": _WEIGHT,
    "subsample": _SHARE,
    "colsample_bytree": _SHARE,
    "colsample_bylevel": _SHARE,
    "colsample_bynode": _SHARE,
    "reg_alpha": _WEIGHT,
    "reg_lambda": _WEIGHT,
}
# Linear boosters are left out: their default updater races, so threads would change the bytes.
_XGBOOST_ROUNDS: dict[str, Range] = {
    "booster": [StrOptions({"gbtree", "dart"})],
    "num_parallel_tree": _COUNT,
}
_XGBOOST_CLASSES: dict[str, Range] = {"scale_pos_weight": _POSITIVE}
_XGBOOST_NUMBER: dict[str, Range] = {
    "objective": [
        StrOptions(
            {
                "count:poisson",
                "reg:absoluteerror",
                "reg:gamma",
                "reg:pseudohubererror",
                "reg:squarederror",
                "reg:squaredlogerror",
                "reg:tweedie",
            }
        )
    ]
}
_LIGHTGBM: dict[str, Range] = {
    "boosting_type": [StrOptions({"gbdt", "dart", "rf"})],
    "n_estimators": _COUNT,
    "learning_rate": _POSITIVE,
    "num_leaves": [Interval(Integral, 2, 131_072, closed="both")],
    "max_depth": [Interval(Integral, -1, None, closed="left")],
    "min_split_gain": _WEIGHT,
    "min_child_weight": _WEIGHT,
    "min_child_samples": _FROM_ZERO,
    "subsample": _SHARE,
    "subsample_freq": _FROM_ZERO,
    "subsample_for_bin": _COUNT,
    "colsample_bytree": _SHARE,
    "reg_alpha": _WEIGHT,
    "reg_lambda": _WEIGHT,
}
_LIGHTGBM_CLASSES: dict[str, Range] = {"class_weight": [StrOptions({"balanced"}), None]}
_LIGHTGBM_NUMBER: dict[str, Range] = {
    "objective": [
        StrOptions(
            {
                "fair",
                "gamma",
                "huber",
                "mape",
                "poisson",
                "regression",
                "regression_l1",
                "tweedie",
            }
        )
    ]
}
# 0 threads are as many as OpenMP may use: the run's limit, and no number in the file.
_XGBOOST_FIXED: Mapping[str, Any] = {"n_jobs": 0, "verbosity": 0}
# Left alone, LightGBM measures with a clock how it sums, and sums end in other bits.
_LIGHTGBM_FIXED: Mapping[str, Any] = {
    "n_jobs": 0,
    "verbosity": -1,
    "deterministic": True,
    "force_col_wise": True,
}


@dataclass(frozen=True, slots=True)
class Booster:
    """A class of another library.

    Attributes:
        build: the class, whose interface is scikit-learn's.
        parameters: those that a candidate may set, and what they may be.
        fixed: those that we set for good.
        signs: how it wants one number a column written.
    """

    build: type[BaseEstimator]
    parameters: Mapping[str, Range]
    fixed: Mapping[str, Any]
    signs: str

    @property
    def ours(self) -> frozenset[str]:
        """Return the parameters that a candidate may not set."""
        return frozenset({*self.build().get_params(), *self.fixed} - self.parameters.keys())

    def constrained(self, signs: list[int]) -> dict[str, Any]:
        """Return the parameter for columns in which the answer only rises (1) or falls (-1)."""
        return {"monotone_constraints": self.signs.format(",".join(map(str, signs)))}


def with_encoded_classes(learner: BaseEstimator) -> VotingClassifier:
    """Return a classifier of any classes around one that knows whole numbers from 0 only.

    The vote of one is that one's, to the bit; what it adds is scikit-learn's encoding of labels. It
    has no thread of its own, because OpenMP's limit holds for the thread that set it.
    """
    return VotingClassifier([("booster", learner)], voting="soft", n_jobs=1)


def _boosters() -> Mapping[str, Booster]:
    if not _IS_INSTALLED:
        return {}
    rounds = _XGBOOST | _XGBOOST_ROUNDS
    found = (
        Booster(xgboost.XGBClassifier, rounds | _XGBOOST_CLASSES, _XGBOOST_FIXED, "({})"),
        Booster(xgboost.XGBRFClassifier, _XGBOOST | _XGBOOST_CLASSES, _XGBOOST_FIXED, "({})"),
        Booster(lightgbm.LGBMClassifier, _LIGHTGBM | _LIGHTGBM_CLASSES, _LIGHTGBM_FIXED, "{}"),
        Booster(xgboost.XGBRegressor, rounds | _XGBOOST_NUMBER, _XGBOOST_FIXED, "({})"),
        Booster(xgboost.XGBRFRegressor, _XGBOOST | _XGBOOST_NUMBER, _XGBOOST_FIXED, "({})"),
        Booster(lightgbm.LGBMRegressor, _LIGHTGBM | _LIGHTGBM_NUMBER, _LIGHTGBM_FIXED, "{}"),
    )
    return dict(zip(BOOSTER_NAMES, found, strict=True))


BOOSTERS = _boosters()
# What fits raise over parameters that do not go together; XGBoost's own error is a ValueError.
FIT_ERRORS: tuple[type[Exception], ...] = (
    (ValueError, lightgbm.basic.LightGBMError) if _IS_INSTALLED else (ValueError,)
)
