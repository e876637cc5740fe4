// What Python sees of the engine; `tidewheel_native/engine.pyi` says the same in Python.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "call_module.hpp"
#include "model.hpp"
#include "python_columns.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace tidewheel {

namespace {

using Doubles = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Integers = nb::ndarray<const std::int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Bytes = nb::ndarray<const std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using NamedSteps = std::vector<std::pair<std::string, double>>;

template <class Value>
Value named(const std::map<std::string, Value>& values, const std::string& name) {
    const auto found = values.find(name);
    if (found == values.end()) throw std::invalid_argument("there is no " + name);
    return found->second;
}

Steps steps_of(const NamedSteps& names) {
    static const std::map<std::string, Step::Kind> kinds{
        {"fill", Step::Kind::fill},
        {"subtract", Step::Kind::subtract},
        {"divide", Step::Kind::divide},
    };
    Steps steps;
    for (const auto& [name, value] : names) steps.push_back({named(kinds, name), value});
    return steps;
}

Answer answer_of(const std::string& name) {
    static const std::map<std::string, Answer> answers{
        {"identity", Answer::identity},         {"exponential", Answer::exponential},
        {"logistic", Answer::logistic},         {"half_logistic", Answer::half_logistic},
        {"one_to_rest", Answer::one_to_rest},   {"softmax", Answer::softmax},
        {"mean", Answer::mean},
    };
    return named(answers, name);
}

Accepts accepts_of(const std::string& name) {
    static const std::map<std::string, Accepts> kinds{
        {"finite", Accepts::finite},
        {"finite_or_missing", Accepts::finite_or_missing},
        {"anything", Accepts::anything},
    };
    return named(kinds, name);
}

TextTable text_table(const nb::list& keys, const std::vector<double>& codes, double missing,
                     double unknown) {
    return {nb::cast<std::vector<std::string>>(keys), codes, missing, unknown};
}

NumberTable number_table(const nb::list& keys, const std::vector<double>& codes, double missing,
                         double unknown) {
    return {nb::cast<std::vector<double>>(keys), codes, missing, unknown};
}

void add_code(Features& features, std::size_t column, const nb::list& keys,
              const std::vector<double>& codes, double missing, double unknown,
              const NamedSteps& steps) {
    if (column < features.columns() && features.is_text(column)) {
        features.add_code(column, text_table(keys, codes, missing, unknown), steps_of(steps));
    } else {
        features.add_code(column, number_table(keys, codes, missing, unknown), steps_of(steps));
    }
}

void add_one_hot(Features& features, std::size_t column, const nb::list& keys,
                 const std::vector<double>& codes, double missing, double unknown,
                 std::size_t width) {
    if (column < features.columns() && features.is_text(column)) {
        features.add_one_hot(column, text_table(keys, codes, missing, unknown), width);
    } else {
        features.add_one_hot(column, number_table(keys, codes, missing, unknown), width);
    }
}

template <class Number>
void add_tree(Trees<Number>& trees, const Integers& feature, const Doubles& threshold,
              const Integers& left, const Integers& right, const Bytes& missing_left,
              const Doubles& values, std::size_t output) {
    trees.add({{feature.data(), feature.size()},
               {threshold.data(), threshold.size()},
               {left.data(), left.size()},
               {right.data(), right.size()},
               {missing_left.data(), missing_left.size()},
               {values.data(), values.size()}},
              output);
}

template <class Number>
void bind_trees(nb::module_& module, const char* name) {
    nb::class_<Trees<Number>>(module, name)
        .def(nb::init<std::size_t, std::size_t, std::size_t, double>(), "features"_a, "outputs"_a,
             "width"_a, "scale"_a)
        .def("add", &add_tree<Number>, "feature"_a, "threshold"_a, "left"_a, "right"_a,
             "missing_left"_a, "values"_a, "output"_a);
}

template <class Part>
void init_model(Model* place, const Features& features, const Part& estimator,
                std::vector<double> start, const std::string& answer, const std::string& accepts,
                bool refuses_endless_columns) {
    new (place) Model(features, estimator, std::move(start), answer_of(answer),
                      accepts_of(accepts), refuses_endless_columns);
}

nb::ndarray<nb::numpy, double, nb::ndim<2>> predict(const Model& model, const nb::list& given) {
    const PythonColumns columns(model.features(), given);
    const std::size_t rows = columns.view().rows;
    const std::size_t width = model.width();
    auto* answers = new std::vector<double>(rows * width);
    nb::capsule owner(answers, [](void* data) noexcept {
        delete static_cast<std::vector<double>*>(data);
    });
    Refusal refusal = Refusal::none;
    {
        // `columns` holds what is read, so nothing needs the interpreter meanwhile.
        const nb::gil_scoped_release released;
        refusal = model.predict(columns.view(), answers->data());
    }
    if (refusal != Refusal::none) throw nb::value_error(words_of(refusal));
    return {answers->data(), {rows, width}, owner};
}

}  // namespace

NB_MODULE(engine, module) {
    nb::class_<Features>(module, "Features")
        .def(nb::init<std::vector<bool>>(), "is_text"_a)
        .def("add_number", [](Features& features, std::size_t column, const NamedSteps& steps) {
            features.add_number(column, steps_of(steps));
        }, "column"_a, "steps"_a)
        .def("add_missing", [](Features& features, std::size_t column, const NamedSteps& steps) {
            features.add_missing(column, steps_of(steps));
        }, "column"_a, "steps"_a)
        .def("add_code", &add_code, "column"_a, "keys"_a, "codes"_a, "missing"_a, "unknown"_a,
             "steps"_a)
        .def("add_one_hot", &add_one_hot, "column"_a, "keys"_a, "codes"_a, "missing"_a,
             "unknown"_a, "width"_a)
        .def_prop_ro("width", &Features::width);
    nb::class_<Linear>(module, "Linear")
        .def(nb::init<std::vector<double>, std::vector<double>>(), "coefficients"_a,
             "intercepts"_a);
    bind_trees<float>(module, "FloatTrees");
    bind_trees<double>(module, "DoubleTrees");
    nb::class_<Model>(module, "Model")
        .def("__init__", &init_model<Linear>, "features"_a, "estimator"_a, "start"_a, "answer"_a,
             "accepts"_a, "refuses_endless_columns"_a)
        .def("__init__", &init_model<Trees<float>>, "features"_a, "estimator"_a, "start"_a,
             "answer"_a, "accepts"_a, "refuses_endless_columns"_a)
        .def("__init__", &init_model<Trees<double>>, "features"_a, "estimator"_a, "start"_a,
             "answer"_a, "accepts"_a, "refuses_endless_columns"_a)
        .def("predict", &predict, "columns"_a);
    bind_calls(module);
}

}  // namespace tidewheel
