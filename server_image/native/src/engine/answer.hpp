// From the sums of an estimator to what it answers: a number, or a probability for each class.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tidewheel {

enum class Answer : std::uint8_t {
    identity,     // the sums themselves
    exponential,  // exp of the sum: the inverse of a logarithmic link
    logistic,     // of two classes, from one sum
    half_logistic,  // the same of twice the sum: the exponential loss
    one_to_rest,  // a logistic probability for each class, brought to a sum of 1
    softmax,
    mean,  // the sums over the number of trees
};

// Return how many numbers a row has in the answer to `sums` sums.
std::size_t answer_width(Answer answer, std::size_t sums);

// Write the answer of one row; `trees` is the divisor of a mean.
void write_answer(Answer answer, const double* sums, std::size_t count, std::size_t trees,
                  double* out);

}  // namespace tidewheel
