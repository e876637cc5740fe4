// What the categories of a column are coded as.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

#include "columns.hpp"

namespace tidewheel {

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
        return std::hash<std::string_view>{}(text);
    }
};

class TextTable {
public:
    TextTable(std::vector<std::string> keys, const std::vector<double>& codes, double missing,
              double unknown)
        : missing_(missing), unknown_(unknown) {
        if (keys.size() != codes.size()) throw std::invalid_argument("a code for each category");
        codes_.reserve(keys.size());
        for (std::size_t i = 0; i < keys.size(); ++i) codes_.emplace(std::move(keys[i]), codes[i]);
    }

    double code(Text text) const {
        if (is_missing(text)) return missing_;
        const auto found = codes_.find(text);
        return found == codes_.end() ? unknown_ : found->second;
    }

private:
    std::unordered_map<std::string, double, TextHash, std::equal_to<>> codes_;
    double missing_;
    double unknown_;
};

class NumberTable {
public:
    NumberTable(std::vector<double> keys, std::vector<double> codes, double missing, double unknown)
        : keys_(std::move(keys)), codes_(std::move(codes)), missing_(missing), unknown_(unknown) {
        if (keys_.size() != codes_.size()) throw std::invalid_argument("a code for each category");
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            if (std::isnan(keys_[i]) || (i > 0 && !(keys_[i - 1] < keys_[i]))) {
                throw std::invalid_argument("categories must be numbers in ascending order");
            }
        }
    }

    double code(double value) const {
        if (std::isnan(value)) return missing_;
        const auto place = std::lower_bound(keys_.begin(), keys_.end(), value);
        if (place == keys_.end() || *place != value) return unknown_;
        return codes_[static_cast<std::size_t>(place - keys_.begin())];
    }

private:
    std::vector<double> keys_;
    std::vector<double> codes_;
    double missing_;
    double unknown_;
};

}  // namespace tidewheel
