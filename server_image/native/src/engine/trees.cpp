#include "trees.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace tidewheel {

namespace {

template <class Number>
Number rounded_down(double threshold) {
    auto rounded = static_cast<Number>(threshold);
    if (static_cast<double>(rounded) > threshold) {
        rounded = std::nextafter(rounded, -std::numeric_limits<Number>::infinity());
    }
    return rounded;
}

}  // namespace

template <class Number>
Trees<Number>::Trees(std::size_t features, std::size_t outputs, std::size_t width, double scale)
    : features_(features), outputs_(outputs), width_(width), scale_(scale) {
    if (features == 0 || features >= kMissingRight || width == 0 || width > outputs) {
        throw std::invalid_argument("trees need features and outputs");
    }
}

template <class Number>
void Trees<Number>::check(const TreeArrays& tree, std::size_t output) const {
    const std::size_t count = tree.left.size();
    const bool is_even = tree.right.size() == count && tree.feature.size() == count &&
                         tree.threshold.size() == count && tree.missing_left.size() == count &&
                         tree.values.size() == count * width_;
    if (count == 0 || !is_even || output + width_ > outputs_) {
        throw std::invalid_argument("the arrays of a tree differ in length");
    }
    if (nodes_.size() + count >= std::numeric_limits<std::uint32_t>::max()) {
        throw std::invalid_argument("the trees have too many nodes");
    }
}

template <class Number>
void Trees<Number>::add(const TreeArrays& tree, std::size_t output) {
    check(tree, output);
    const std::size_t count = tree.left.size();
    const std::size_t base = nodes_.size();
    // Breadth first, so that children lie side by side; `order[i]` is the old number of node i.
    std::vector<std::size_t> order{0};
    order.reserve(count);
    std::vector<std::uint32_t> level{0};
    level.reserve(count);
    std::vector<Node<Number>> nodes;
    nodes.reserve(count);
    std::uint32_t depth = 0;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const std::size_t old = order[i];
        if (tree.left[old] < 0) {
            nodes.push_back({std::numeric_limits<Number>::infinity(), 0,
                             static_cast<std::uint32_t>(base + i)});
            continue;
        }
        const std::int64_t feature = tree.feature[old];
        const auto left = static_cast<std::size_t>(tree.left[old]);
        const auto right = static_cast<std::size_t>(tree.right[old]);
        if (feature < 0 || static_cast<std::size_t>(feature) >= features_ || tree.right[old] < 0 ||
            left >= count || right >= count || order.size() + 2 > count) {
            throw std::invalid_argument("the nodes of a tree are no tree");
        }
        const std::uint32_t missing = tree.missing_left[old] != 0 ? 0 : kMissingRight;
        nodes.push_back({rounded_down<Number>(tree.threshold[old]),
                         static_cast<std::uint32_t>(feature) | missing,
                         static_cast<std::uint32_t>(base + order.size())});
        order.push_back(left);
        order.push_back(right);
        level.push_back(level[i] + 1);
        level.push_back(level[i] + 1);
        depth = level[i] + 1;
    }
    roots_.push_back(static_cast<std::uint32_t>(base));
    depths_.push_back(depth);
    first_outputs_.push_back(output);
    nodes_.insert(nodes_.end(), nodes.begin(), nodes.end());
    for (const std::size_t old : order) {
        const double* values = tree.values.data() + old * width_;
        values_.insert(values_.end(), values, values + width_);
    }
}

template <class Number>
template <bool may_miss>
void Trees<Number>::walk(std::size_t first, const Number* row, std::uint32_t* at) const {
    const std::size_t lanes = std::min(kLanes, roots_.size() - first);
    std::uint32_t depth = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
        // Lanes without a tree walk the last one again, which costs less than a loop of any length.
        const std::size_t tree = first + std::min(lane, lanes - 1);
        at[lane] = roots_[tree];
        depth = std::max(depth, depths_[tree]);
    }
    const Node<Number>* nodes = nodes_.data();
    for (; depth > 0; --depth) {
        std::uint32_t moved = 0;
        for (std::size_t lane = 0; lane < kLanes; ++lane) {
            const Node<Number>& node = nodes[at[lane]];
            const Number value = row[node.feature & ~kMissingRight];
            std::uint32_t right = value > node.threshold ? 1U : 0U;
            if constexpr (may_miss) right |= (value != value ? 1U : 0U) & (node.feature >> 31U);
            const std::uint32_t next = node.left + right;
            moved |= next ^ at[lane];
            at[lane] = next;
        }
        if (moved == 0) return;
    }
}

template <class Number>
void Trees<Number>::add_to(const Number* rows, std::size_t count, double* out) const {
    std::vector<char> misses(count, 0);
    for (std::size_t row = 0; row < count; ++row) {
        const Number* values = rows + row * features_;
        misses[row] = std::any_of(values, values + features_, [](Number x) { return x != x; });
    }
    // A group of trees stays in the processor's cache while all rows pass it.
    for (std::size_t first = 0; first < roots_.size(); first += kLanes) {
        const std::size_t lanes = std::min(kLanes, roots_.size() - first);
        for (std::size_t row = 0; row < count; ++row) {
            std::uint32_t at[kLanes];
            if (misses[row] != 0) {
                walk<true>(first, rows + row * features_, at);
            } else {
                walk<false>(first, rows + row * features_, at);
            }
            for (std::size_t lane = 0; lane < lanes; ++lane) {
                const double* values = values_.data() + std::size_t{at[lane]} * width_;
                double* place = out + row * outputs_ + first_outputs_[first + lane];
                for (std::size_t i = 0; i < width_; ++i) place[i] += scale_ * values[i];
            }
        }
    }
}

template class Trees<float>;
template class Trees<double>;

}  // namespace tidewheel
