// Columns that Python gives: arrays of float64, and lists of str or None.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <cstddef>
#include <stdexcept>
#include <vector>

#include "columns.hpp"
#include "features.hpp"

namespace tidewheel {

// Holds the Python objects, so that the view stays good while this lives.
class PythonColumns {
public:
    // Throws std::invalid_argument for columns of other types or lengths.
    PythonColumns(const Features& features, const nanobind::list& given) : held_(given) {
        if (given.size() != features.columns()) {
            throw std::invalid_argument("another number of columns is needed");
        }
        view_.numbers.resize(given.size(), nullptr);
        view_.texts.resize(given.size(), nullptr);
        texts_.resize(given.size());
        for (std::size_t i = 0; i < given.size(); ++i) {
            const std::size_t rows =
                features.is_text(i) ? take_texts(i, given[i]) : take_numbers(i, given[i]);
            if (i > 0 && rows != view_.rows) throw std::invalid_argument("columns differ in length");
            view_.rows = rows;
        }
    }

    const Columns& view() const { return view_; }

private:
    using Numbers = nanobind::ndarray<const double, nanobind::ndim<1>, nanobind::c_contig,
                                      nanobind::device::cpu>;

    std::size_t take_numbers(std::size_t column, nanobind::handle given) {
        numbers_.push_back(nanobind::cast<Numbers>(given));
        view_.numbers[column] = numbers_.back().data();
        return numbers_.back().size();
    }

    std::size_t take_texts(std::size_t column, nanobind::handle given) {
        const auto list = nanobind::cast<nanobind::list>(given);
        std::vector<Text>& texts = texts_[column];
        texts.reserve(list.size());
        for (const nanobind::handle item : list) texts.push_back(text_of(item));
        view_.texts[column] = texts.data();
        return texts.size();
    }

    static Text text_of(nanobind::handle item) {
        if (item.is_none()) return {};
        Py_ssize_t size = 0;
        const char* data = PyUnicode_AsUTF8AndSize(item.ptr(), &size);
        if (data == nullptr) throw nanobind::python_error();
        return {data, static_cast<std::size_t>(size)};
    }

    nanobind::list held_;
    std::vector<Numbers> numbers_;
    std::vector<std::vector<Text>> texts_;
    Columns view_;
};

}  // namespace tidewheel
