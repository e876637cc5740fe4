#include "answer.hpp"

#include <algorithm>
#include <cmath>

namespace tidewheel {

namespace {

// As scipy.special.expit computes it.
double logistic(double sum) { return 1.0 / (1.0 + std::exp(-sum)); }

void write_two_classes(double probability, double* out) {
    out[0] = 1.0 - probability;
    out[1] = probability;
}

void write_one_to_rest(const double* sums, std::size_t count, double* out) {
    double whole = 0;
    for (std::size_t k = 0; k < count; ++k) whole += out[k] = logistic(sums[k]);
    if (whole == 0) {
        std::fill_n(out, count, 1.0);
        whole = static_cast<double>(count);
    }
    for (std::size_t k = 0; k < count; ++k) out[k] /= whole;
}

void write_softmax(const double* sums, std::size_t count, double* out) {
    const double highest = *std::max_element(sums, sums + count);
    double whole = 0;
    for (std::size_t k = 0; k < count; ++k) whole += out[k] = std::exp(sums[k] - highest);
    for (std::size_t k = 0; k < count; ++k) out[k] /= whole;
}

}  // namespace

std::size_t answer_width(Answer answer, std::size_t sums) {
    const bool is_pair = answer == Answer::logistic || answer == Answer::half_logistic;
    return is_pair ? 2 : sums;
}

void write_answer(Answer answer, const double* sums, std::size_t count, std::size_t trees,
                  double* out) {
    switch (answer) {
        case Answer::identity:
            std::copy_n(sums, count, out);
            break;
        case Answer::exponential:
            for (std::size_t k = 0; k < count; ++k) out[k] = std::exp(sums[k]);
            break;
        case Answer::logistic:
            write_two_classes(logistic(sums[0]), out);
            break;
        case Answer::half_logistic:
            write_two_classes(logistic(2 * sums[0]), out);
            break;
        case Answer::one_to_rest:
            write_one_to_rest(sums, count, out);
            break;
        case Answer::softmax:
            write_softmax(sums, count, out);
            break;
        case Answer::mean:
            for (std::size_t k = 0; k < count; ++k) out[k] = sums[k] / static_cast<double>(trees);
            break;
    }
}

}  // namespace tidewheel
