// From the columns of a request to the row of float64 that an estimator reads.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "columns.hpp"
#include "table.hpp"

namespace tidewheel {

// One operation of a preprocessing step on one number, in float64 as numpy does it.
struct Step {
    enum class Kind : std::uint8_t { fill, subtract, divide };
    Kind kind;
    double value;
};

using Steps = std::vector<Step>;

class Features {
public:
    explicit Features(std::vector<bool> is_text) : is_text_(std::move(is_text)) {}

    void add_number(std::size_t column, Steps steps) {
        check(column, false);
        add({Kind::number, column, 0, width_, 1, std::move(steps)});
    }

    // 1 where the column misses its value, else 0.
    void add_missing(std::size_t column, Steps steps) {
        check(column, false);
        add({Kind::missing, column, 0, width_, 1, std::move(steps)});
    }

    void add_code(std::size_t column, TextTable table, Steps steps) {
        check(column, true);
        text_tables_.push_back(std::move(table));
        add({Kind::text_code, column, text_tables_.size() - 1, width_, 1, std::move(steps)});
    }

    void add_code(std::size_t column, NumberTable table, Steps steps) {
        check(column, false);
        number_tables_.push_back(std::move(table));
        add({Kind::number_code, column, number_tables_.size() - 1, width_, 1, std::move(steps)});
    }

    // The code is the place of the 1 among `width` features, or negative for none.
    void add_one_hot(std::size_t column, TextTable table, std::size_t width) {
        check(column, true);
        text_tables_.push_back(std::move(table));
        add({Kind::text_one_hot, column, text_tables_.size() - 1, width_, width, {}});
    }

    void add_one_hot(std::size_t column, NumberTable table, std::size_t width) {
        check(column, false);
        number_tables_.push_back(std::move(table));
        add({Kind::number_one_hot, column, number_tables_.size() - 1, width_, width, {}});
    }

    std::size_t width() const { return width_; }
    std::size_t columns() const { return is_text_.size(); }
    bool is_text(std::size_t column) const { return is_text_[column]; }

    void write_row(const Columns& columns, std::size_t row, double* out) const;

private:
    enum class Kind : std::uint8_t {
        number, missing, text_code, number_code, text_one_hot, number_one_hot
    };

    struct Feature {
        Kind kind;
        std::size_t column;
        std::size_t table;
        std::size_t first;
        std::size_t width;
        Steps steps;
    };

    void check(std::size_t column, bool is_text) const {
        if (column >= is_text_.size() || is_text_[column] != is_text) {
            throw std::invalid_argument("a feature reads a column that is not there");
        }
    }

    void add(Feature feature) {
        width_ += feature.width;
        features_.push_back(std::move(feature));
    }

    std::vector<bool> is_text_;
    std::vector<Feature> features_;
    std::vector<TextTable> text_tables_;
    std::vector<NumberTable> number_tables_;
    std::size_t width_ = 0;
};

}  // namespace tidewheel
