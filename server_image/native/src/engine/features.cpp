#include "features.hpp"

#include <algorithm>
#include <cmath>

namespace tidewheel {

namespace {

double stepped(double value, const Steps& steps) {
    for (const Step& step : steps) {
        switch (step.kind) {
            case Step::Kind::fill:
                if (std::isnan(value)) value = step.value;
                break;
            case Step::Kind::subtract:
                value -= step.value;
                break;
            case Step::Kind::divide:
                value /= step.value;
                break;
        }
    }
    return value;
}

void write_one_hot(double code, std::size_t width, double* out) {
    std::fill_n(out, width, 0.0);
    if (code >= 0 && code < static_cast<double>(width)) out[static_cast<std::size_t>(code)] = 1.0;
}

}  // namespace

void Features::write_row(const Columns& columns, std::size_t row, double* out) const {
    for (const Feature& feature : features_) {
        double* place = out + feature.first;
        const std::size_t column = feature.column;
        switch (feature.kind) {
            case Kind::number:
                *place = stepped(columns.numbers[column][row], feature.steps);
                break;
            case Kind::missing:
                *place = stepped(std::isnan(columns.numbers[column][row]) ? 1.0 : 0.0, feature.steps);
                break;
            case Kind::text_code:
                *place = stepped(text_tables_[feature.table].code(columns.texts[column][row]),
                                 feature.steps);
                break;
            case Kind::number_code:
                *place = stepped(number_tables_[feature.table].code(columns.numbers[column][row]),
                                 feature.steps);
                break;
            case Kind::text_one_hot:
                write_one_hot(text_tables_[feature.table].code(columns.texts[column][row]),
                              feature.width, place);
                break;
            case Kind::number_one_hot:
                write_one_hot(number_tables_[feature.table].code(columns.numbers[column][row]),
                              feature.width, place);
                break;
        }
    }
}

}  // namespace tidewheel
