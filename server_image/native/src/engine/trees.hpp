// Trees as one array of nodes, several of them walked in step.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tidewheel {

// The right child is the one after the left. A leaf is its own left child and no number is beyond
// its threshold, so a walk may go on in it without harm and needs no branch.
template <class Number>
struct Node {
    Number threshold;
    std::uint32_t feature;  // the highest bit says that a missing value goes right
    std::uint32_t left;
};

// A tree as scikit-learn keeps it: the children of a leaf are negative.
struct TreeArrays {
    std::span<const std::int64_t> feature;
    std::span<const double> threshold;
    std::span<const std::int64_t> left;
    std::span<const std::int64_t> right;
    std::span<const std::uint8_t> missing_left;
    std::span<const double> values;  // nodes x width, row by row
};

// `Number` is what the rows are compared in: float as scikit-learn's trees, whose thresholds are
// float64, or double as its histogram boosting. The largest float32 that is not above a float64
// threshold sends every float32 the same way.
template <class Number>
class Trees {
public:
    Trees(std::size_t features, std::size_t outputs, std::size_t width, double scale);

    // Add a tree whose leaves hold `width` values that count for outputs from `output` on.
    // Throws std::invalid_argument for arrays that are no tree.
    void add(const TreeArrays& tree, std::size_t output);

    std::size_t size() const { return roots_.size(); }
    std::size_t features() const { return features_; }
    std::size_t outputs() const { return outputs_; }

    // Add what the trees say of each row to `out`, shape rows x outputs, tree by tree in order.
    void add_to(const Number* rows, std::size_t count, double* out) const;

private:
    static constexpr std::uint32_t kMissingRight = 0x80000000U;
    static constexpr std::size_t kLanes = 8;

    template <bool may_miss>
    void walk(std::size_t first, const Number* row, std::uint32_t* at) const;

    void check(const TreeArrays& tree, std::size_t output) const;

    std::size_t features_;
    std::size_t outputs_;
    std::size_t width_;
    double scale_;
    std::vector<Node<Number>> nodes_;
    std::vector<double> values_;  // nodes x width
    std::vector<std::uint32_t> roots_;
    std::vector<std::uint32_t> depths_;
    std::vector<std::size_t> first_outputs_;
};

extern template class Trees<float>;
extern template class Trees<double>;

}  // namespace tidewheel
