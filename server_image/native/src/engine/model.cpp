#include "model.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tidewheel {

namespace {

// Rows that are worked on together: their features stay in the processor's cache.
constexpr std::size_t kBlockRows = 128;

void add_sums(const Linear& linear, const std::vector<double>& rows, std::size_t count,
              double* sums) {
    for (std::size_t row = 0; row < count; ++row) {
        linear.write(rows.data() + row * linear.features(), sums + row * linear.outputs());
    }
}

void add_sums(const Trees<double>& trees, const std::vector<double>& rows, std::size_t count,
              double* sums) {
    trees.add_to(rows.data(), count, sums);
}

void add_sums(const Trees<float>& trees, const std::vector<double>& rows, std::size_t count,
              double* sums) {
    const std::vector<float> rounded(rows.begin(), rows.end());
    trees.add_to(rounded.data(), count, sums);
}

std::size_t trees_of(const Estimator& estimator) {
    if (const auto* trees = std::get_if<Trees<float>>(&estimator)) return trees->size();
    if (const auto* trees = std::get_if<Trees<double>>(&estimator)) return trees->size();
    return 1;
}

}  // namespace

const char* words_of(Refusal refusal) {
    switch (refusal) {
        case Refusal::missing:
            return "Input X contains NaN.";
        case Refusal::endless:
            return "Input X contains infinity or a value too large for dtype('float64').";
        case Refusal::endless_float32:
            return "Input X contains infinity or a value too large for dtype('float32').";
        case Refusal::no_finite_answer:
            return "they give no finite number";
        case Refusal::none:
            break;
    }
    return "";
}

Model::Model(Features features, Estimator estimator, std::vector<double> start, Answer answer,
             Accepts accepts, bool refuses_endless_columns)
    : features_(std::move(features)), estimator_(std::move(estimator)), start_(std::move(start)),
      answer_(answer), accepts_(accepts), refuses_endless_columns_(refuses_endless_columns) {
    const auto width = std::visit([](const auto& part) { return part.features(); }, estimator_);
    const auto outputs = std::visit([](const auto& part) { return part.outputs(); }, estimator_);
    if (width != features_.width()) {
        throw std::invalid_argument("the estimator reads another number of features");
    }
    const bool is_of_one = answer == Answer::logistic || answer == Answer::half_logistic;
    if (outputs != start_.size() || (is_of_one && outputs != 1)) {
        throw std::invalid_argument("the estimator has another number of outputs");
    }
}

Refusal Model::predict(const Columns& columns, double* out) const {
    if (refuses_endless_columns_ && has_endless_column(columns)) return Refusal::endless;
    for (std::size_t first = 0; first < columns.rows; first += kBlockRows) {
        const std::size_t count = std::min(kBlockRows, columns.rows - first);
        const Refusal refusal = predict_block(columns, first, count, out + first * width());
        if (refusal != Refusal::none) return refusal;
    }
    return Refusal::none;
}

Refusal Model::predict_block(const Columns& columns, std::size_t first, std::size_t count,
                             double* out) const {
    const std::size_t features = features_.width();
    std::vector<double> rows(count * features);
    for (std::size_t row = 0; row < count; ++row) {
        features_.write_row(columns, first + row, rows.data() + row * features);
    }
    const Refusal refusal = refusal_of(rows.data(), rows.size());
    if (refusal != Refusal::none) return refusal;

    const std::size_t outputs = start_.size();
    std::vector<double> sums(count * outputs);
    for (std::size_t row = 0; row < count; ++row) {
        std::copy(start_.begin(), start_.end(), sums.begin() + static_cast<std::ptrdiff_t>(row * outputs));
    }
    std::visit([&](const auto& part) { add_sums(part, rows, count, sums.data()); }, estimator_);

    const std::size_t trees = trees_of(estimator_);
    for (std::size_t row = 0; row < count; ++row) {
        write_answer(answer_, sums.data() + row * outputs, outputs, trees, out + row * width());
    }
    const bool is_finite =
        std::all_of(out, out + count * width(), [](double x) { return std::isfinite(x); });
    return is_finite ? Refusal::none : Refusal::no_finite_answer;
}

Refusal Model::refusal_of(const double* rows, std::size_t count) const {
    if (accepts_ == Accepts::anything) return Refusal::none;
    const bool is_float32 = std::holds_alternative<Trees<float>>(estimator_);
    for (std::size_t i = 0; i < count; ++i) {
        const double value = rows[i];
        if (std::isnan(value)) {
            if (accepts_ == Accepts::finite) return Refusal::missing;
        } else if (is_float32 && std::isinf(static_cast<float>(value))) {
            return Refusal::endless_float32;
        } else if (std::isinf(value)) {
            return Refusal::endless;
        }
    }
    return Refusal::none;
}

bool Model::has_endless_column(const Columns& columns) const {
    for (std::size_t i = 0; i < features_.columns(); ++i) {
        if (features_.is_text(i)) continue;
        const double* values = columns.numbers[i];
        if (std::any_of(values, values + columns.rows, [](double x) { return std::isinf(x); })) {
            return true;
        }
    }
    return false;
}

}  // namespace tidewheel
