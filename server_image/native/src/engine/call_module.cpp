// What Python sees of whole inferences.
#include "call_module.hpp"

#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "call.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace tidewheel {

namespace {

// A larger body lets other threads run meanwhile.
constexpr std::size_t kLongBytes = 16 * 1024;

using Matrix = nb::ndarray<nb::numpy, double, nb::ndim<2>>;
// Name, kind, and the datatypes that a client may give it.
using NamedColumn = std::tuple<std::string, std::string, std::vector<std::string>>;
// Name, head, tail, labels, and whether the shape has a second axis.
using NamedOutput =
    std::tuple<std::string, std::string, std::string, std::vector<std::string>, bool>;

// An answer with the body that its texts lie in.
struct HeldAnswer {
    Answered answered;
    nb::bytes body;
    std::size_t width;
};

ColumnKind kind_of(const std::string& name) {
    if (name == "number") return ColumnKind::number;
    if (name == "whole") return ColumnKind::whole;
    if (name == "flag") return ColumnKind::flag;
    if (name == "text") return ColumnKind::text;
    throw std::invalid_argument("there is no kind of column " + name);
}

void init_call(Call* place, const Model& model, const std::vector<NamedColumn>& columns,
               std::vector<std::string> matrix_datatypes, std::string opening,
               const std::vector<NamedOutput>& outputs) {
    RequestShape shape;
    shape.matrix_datatypes = std::move(matrix_datatypes);
    for (const auto& [name, kind, datatypes] : columns) {
        shape.columns.push_back({name, kind_of(kind), datatypes});
    }
    ResponseFrame frame;
    frame.opening = std::move(opening);
    for (const auto& [name, head, tail, labels, has_width] : outputs) {
        shape.outputs.push_back(name);
        frame.outputs.push_back({head, tail, labels, has_width});
    }
    new (place) Call(model, std::move(shape), std::move(frame));
}

nb::object call(const Call& call, nb::bytes body, std::size_t rows_limit) {
    const std::string_view text(body.c_str(), body.size());
    std::optional<Answered> answered;
    if (text.size() > kLongBytes) {
        const nb::gil_scoped_release released;
        answered = call.answer(text, rows_limit);
    } else {
        answered = call.answer(text, rows_limit);
    }
    if (!answered) return nb::none();
    return nb::cast(HeldAnswer{std::move(*answered), std::move(body), call.width()});
}

Matrix matrix(const std::vector<double>& values, std::size_t rows, std::size_t columns) {
    auto* copy = new std::vector<double>(values);
    nb::capsule owner(copy, [](void* data) noexcept {
        delete static_cast<std::vector<double>*>(data);
    });
    return {copy->data(), {rows, columns}, owner};
}

// Columns of numbers one below the other, in the model's order.
Matrix numbers(const HeldAnswer& held) {
    std::vector<double> values;
    std::size_t columns = 0;
    for (const auto& column : held.answered.request.numbers) {
        if (column.empty()) continue;
        values.insert(values.end(), column.begin(), column.end());
        ++columns;
    }
    return matrix(values, columns, held.answered.request.rows);
}

nb::list texts(const HeldAnswer& held) {
    nb::list columns;
    for (const auto& column : held.answered.request.texts) {
        if (column.empty()) continue;
        nb::list cells;
        for (const Text& text : column) {
            if (is_missing(text)) {
                cells.append(nb::none());
            } else {
                cells.append(nb::str(text.data(), text.size()));
            }
        }
        columns.append(cells);
    }
    return columns;
}

}  // namespace

void bind_calls(nb::module_& module) {
    nb::class_<HeldAnswer>(module, "Answered")
        .def_prop_ro("response", [](const HeldAnswer& held) {
            const std::string& text = held.answered.response;
            return nb::bytes(text.data(), text.size());
        })
        .def_prop_ro("rows", [](const HeldAnswer& held) { return held.answered.request.rows; })
        .def("numbers", &numbers)
        .def("texts", &texts)
        .def("answers", [](const HeldAnswer& held) {
            return matrix(held.answered.answers, held.answered.request.rows, held.width);
        });
    nb::class_<Call>(module, "Call")
        .def("__init__", &init_call, "model"_a, "columns"_a, "matrix_datatypes"_a, "opening"_a,
             "outputs"_a)
        .def("__call__", &call, "body"_a, "rows_limit"_a);
}

}  // namespace tidewheel
