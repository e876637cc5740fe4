// A whole model: from columns to answers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "answer.hpp"
#include "columns.hpp"
#include "features.hpp"
#include "linear.hpp"
#include "trees.hpp"

namespace tidewheel {

// Which rows an estimator answers; scikit-learn refuses the others, and so do we.
enum class Accepts : std::uint8_t {
    finite,              // neither a missing value nor an endless one
    finite_or_missing,   // no endless value
    anything,
};

enum class Refusal : std::uint8_t { none, missing, endless, endless_float32, no_finite_answer };

// What to tell the sender of rows that are refused, in scikit-learn's words where it has some.
const char* words_of(Refusal refusal);

// Adds to the sums of trees that are compared in float32 or in float64.
using Estimator = std::variant<Linear, Trees<float>, Trees<double>>;

class Model {
public:
    // `start` holds what the sums begin with. `refuses_endless_columns` tells that a step of the
    // preprocessing takes no endless number. Throws std::invalid_argument for parts that do not fit.
    Model(Features features, Estimator estimator, std::vector<double> start, Answer answer,
          Accepts accepts, bool refuses_endless_columns);

    const Features& features() const { return features_; }
    std::size_t width() const { return answer_width(answer_, start_.size()); }

    // Write the answers, shape rows x width(); what is written is of no use when they are refused.
    Refusal predict(const Columns& columns, double* out) const;

private:
    Refusal predict_block(const Columns& columns, std::size_t first, std::size_t count,
                          double* out) const;
    Refusal refusal_of(const double* rows, std::size_t count) const;
    bool has_endless_column(const Columns& columns) const;

    Features features_;
    Estimator estimator_;
    std::vector<double> start_;
    Answer answer_;
    Accepts accepts_;
    bool refuses_endless_columns_;
};

}  // namespace tidewheel
