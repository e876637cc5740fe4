// Weighted sums of features.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tidewheel {

class Linear {
public:
    // `coefficients` has a row of `features` weights for each intercept.
    Linear(std::vector<double> coefficients, std::vector<double> intercepts)
        : coefficients_(std::move(coefficients)), intercepts_(std::move(intercepts)) {
        if (intercepts_.empty() || coefficients_.size() % intercepts_.size() != 0) {
            throw std::invalid_argument("coefficients and intercepts differ in length");
        }
    }

    std::size_t features() const { return coefficients_.size() / intercepts_.size(); }
    std::size_t outputs() const { return intercepts_.size(); }

    void write(const double* row, double* out) const {
        const std::size_t width = features();
        for (std::size_t k = 0; k < intercepts_.size(); ++k) {
            out[k] = dot(coefficients_.data() + k * width, row, width) + intercepts_[k];
        }
    }

private:
    // Four sums at a time: one would wait for each addition.
    static double dot(const double* a, const double* b, std::size_t count) {
        double sums[4] = {0, 0, 0, 0};
        std::size_t i = 0;
        for (; i + 4 <= count; i += 4) {
            for (std::size_t j = 0; j < 4; ++j) sums[j] += a[i + j] * b[i + j];
        }
        for (; i < count; ++i) sums[0] += a[i] * b[i];
        return (sums[0] + sums[1]) + (sums[2] + sums[3]);
    }

    std::vector<double> coefficients_;
    std::vector<double> intercepts_;
};

}  // namespace tidewheel
