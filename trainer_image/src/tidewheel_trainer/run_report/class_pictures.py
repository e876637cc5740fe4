"""Show how a model of classes answered on the test rows."""

import numpy as np

from tidewheel_trainer.pages.drawing import key
from tidewheel_trainer.pages.markup import element, number, share, short_number, table, text
from tidewheel_trainer.run_report.classes import (
    class_figures,
    confusion,
    predicted_classes,
    shortened,
)
from tidewheel_trainer.run_report.curves import (
    Curve,
    Reliability,
    average_precision,
    precision_recall,
    reliability,
    roc,
    score_shares,
    thinned,
)
from tidewheel_trainer.run_report.findings import Answers
from tidewheel_trainer.run_report.plane import Axis, Plane, bars, dots, line, picture, rule
from tidewheel_trainer.run_report.words import per_cent

__all__ = ["confusion_section", "curves_section"]

_MOST_CLASSES = 20
_MOST_FIGURES = 50
_LONGEST_CLASS = 40


def curves_section(answers: Answers, rival: str) -> str:
    """Return the HTML of the curves: of the second of two classes, or of the answered one."""
    if len(answers.classes) == 2:
        return _binary(answers, rival)
    right = predicted_classes(answers.candidate) == answers.truth
    sure = answers.candidate.max(axis=1)
    others = None
    if answers.champion is not None:
        others = (
            predicted_classes(answers.champion) == answers.truth,
            answers.champion.max(axis=1),
        )
    cards = _reliability((right, sure), others, "probability of the answered class", "right")
    return element("div", cards, class_="cards two") + _legend(rival if others else None)


def confusion_section(answers: Answers) -> str:
    """Return the HTML of the confusion matrix and of each class's figures."""
    counts = confusion(answers.truth, predicted_classes(answers.candidate), len(answers.classes))
    return _matrix(counts, answers.classes) + _figures(counts, answers.classes)


def _binary(answers: Answers, rival: str) -> str:
    positive = answers.truth == 1
    candidate = answers.candidate[:, 1]
    champion = None if answers.champion is None else answers.champion[:, 1]
    if positive.all() or not positive.any():
        return element("p", "All test rows are of one class, so there is no curve to draw.")
    name = answers.classes[1]
    cards = _roc(positive, candidate, champion)
    cards += _precision_recall(positive, candidate, champion)
    others = None if champion is None else (positive, champion)
    cards += _reliability((positive, candidate), others, f"probability of {name}", name)
    cards += _histogram(positive, candidate, answers.classes)
    return element("div", cards, class_="cards two") + _legend(None if champion is None else rival)


def _card(title: str, about: str, drawn: str) -> str:
    heading = element("h3", text(title)) + element("div", text(about), class_="of")
    return element("article", element("div", heading) + drawn)


def _legend(rival: str | None) -> str:
    meanings = [("class0", "candidate")]
    return key(meanings if rival is None else [*meanings, ("class1", rival)])


def _roc(positive: np.ndarray, candidate: np.ndarray, champion: np.ndarray | None) -> str:
    plane = Plane(Axis("false-positive rate"), Axis("true-positive rate"))
    marks = rule(plane, (0.0, 0.0), (1.0, 1.0))
    told: list[str] = []
    for scores, kind, name in ((champion, "rival", "champion"), (candidate, "own", "candidate")):
        curve = None if scores is None else roc(positive, scores)
        if curve is not None:
            marks += _curve(plane, curve, kind)
            area = float(np.trapezoid(curve.y, curve.x))
            told.insert(0, f"{name} {area:.3f}")
    words = f"ROC curve; area under it: {', '.join(told)}"
    return _card("ROC curve", words, picture(plane, words, marks))


def _precision_recall(
    positive: np.ndarray, candidate: np.ndarray, champion: np.ndarray | None
) -> str:
    plane = Plane(Axis("recall"), Axis("precision"))
    rate = float(np.mean(positive))
    marks = rule(plane, (0.0, rate), (1.0, rate))
    told: list[str] = []
    for scores, kind, name in ((champion, "rival", "champion"), (candidate, "own", "candidate")):
        curve = None if scores is None else precision_recall(positive, scores)
        if curve is not None:
            marks += _curve(plane, curve, kind)
            told.insert(0, f"{name} {average_precision(curve):.3f}")
    words = f"Average precision: {', '.join(told)}; without a model {rate:.3f}"
    return _card("Precision-recall curve", words, picture(plane, words, marks))


def _curve(plane: Plane, curve: Curve, kind: str) -> str:
    drawn = thinned(curve)
    return line(plane, drawn.x, drawn.y, kind)


def _reliability(
    candidate: tuple[np.ndarray, np.ndarray],
    champion: tuple[np.ndarray, np.ndarray] | None,
    predicted: str,
    observed: str,
) -> str:
    """Draw how often what was predicted came true; bars at the bottom are rows."""
    plane = Plane(Axis(predicted[:40]), Axis(f"share of rows: {observed[:24]}"))
    own = reliability(*candidate)
    edges = np.linspace(0.0, 1.0, 11)
    rows = np.zeros(10, dtype=np.int64)
    rows[np.clip((own.predicted * 10).astype(int), 0, 9)] = own.rows
    said = [f"{number(int(count))} rows" for count in rows]
    marks = bars(plane, edges, rows / rows.max() * 0.18, said, "pale")
    marks += rule(plane, (0.0, 0.0), (1.0, 1.0))
    if champion is not None:
        marks += _bins(plane, reliability(*champion), "rival")
    marks += _bins(plane, own, "own")
    error = float(np.average(np.abs(own.observed - own.predicted), weights=own.rows))
    words = f"Mean distance of the candidate from the diagonal: {error:.3f}; bars are rows"
    drawn = picture(plane, f"Calibration. {words}", marks)
    return _card("Calibration", words, drawn + _bins_table(own))


def _bins(plane: Plane, found: Reliability, kind: str) -> str:
    x, y = found.predicted, found.observed
    return line(plane, x, y, kind) + dots(plane, x, y, kind)


def _bins_table(found: Reliability) -> str:
    heads = [("predicted", "n"), ("observed", "n"), ("rows", "n")]
    rows = [
        (per_cent(float(predicted)), per_cent(float(observed)), number(int(count)))
        for predicted, observed, count in zip(
            found.predicted, found.observed, found.rows, strict=True
        )
    ]
    shown = table("The candidate's bins", heads, rows)
    return element("details", element("summary", "Bins in numbers") + shown)


def _histogram(positive: np.ndarray, candidate: np.ndarray, classes: tuple[str, ...]) -> str:
    """Draw the scores of each class: one upwards, the other downwards."""
    negative_shares, positive_shares = score_shares(positive, candidate)
    most = float(max(negative_shares.max(), positive_shares.max()))
    low, high = classes[0][:_LONGEST_CLASS], classes[1][:_LONGEST_CLASS]
    plane = Plane(Axis(f"probability of {high}"[:40]), Axis("share of the class", -most, most))
    edges = np.linspace(0.0, 1.0, len(negative_shares) + 1)
    marks = ""
    for name, shares, sign, kind in (
        (high, positive_shares, 1.0, "class0"),
        (low, negative_shares, -1.0, "none"),
    ):
        said = [f"{name}: {per_cent(float(each))}" for each in shares]
        marks += bars(plane, edges, sign * shares, said, kind)
    marks += rule(plane, (0.0, 0.0), (1.0, 0.0))
    words = f"Upwards {high}, downwards {low}: shares of each class's test rows"
    return _card("Scores by class", words, picture(plane, words, marks))


def _matrix(counts: np.ndarray, classes: tuple[str, ...]) -> str:
    shown, names = shortened(counts, classes, _MOST_CLASSES)
    total = shown.sum(axis=1)
    heads = [("true class", ""), *((name[:_LONGEST_CLASS], "n") for name in names)]
    rows = [
        (
            f"<bdi>{text(name, _LONGEST_CLASS)}</bdi>",
            *(
                element(
                    "span",
                    f"{number(int(count))} <i>{share(int(count), int(total[place]))}</i>",
                    class_="hit" if column == place else "miss",
                )
                for column, count in enumerate(shown[place])
            ),
        )
        for place, name in enumerate(names)
    ]
    rule_words = (
        "a row is of the second class where its probability is above 0.5"
        if len(classes) == 2
        else "the likeliest class is the answer"
    )
    caption = f"Test rows by true class (lines) and answered class (columns); {rule_words}"
    return table(caption, heads, rows)


def _figures(counts: np.ndarray, classes: tuple[str, ...]) -> str:
    figures = sorted(class_figures(counts, classes), key=lambda each: -each.rows)
    heads = [("class", ""), *((name, "n") for name in ("rows", "answered", "recall", "precision"))]
    rows = [
        (
            f"<bdi>{text(each.name, _LONGEST_CLASS)}</bdi>",
            number(each.rows),
            number(each.predicted),
            per_cent(each.recall),
            per_cent(each.precision),
        )
        for each in figures[:_MOST_FIGURES]
    ]
    caption = f"{number(len(classes))} classes"
    if len(figures) > _MOST_FIGURES:
        caption += f"; shown are the {_MOST_FIGURES} of most test rows"
    right = short_number(100 * float(np.trace(counts)) / max(1, int(counts.sum())))
    return table(f"{caption}; {right} % of the test rows are answered right", heads, rows)
