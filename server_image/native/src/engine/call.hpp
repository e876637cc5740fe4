// A whole inference in one call: the body of a request in, the body of its response out.
#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model.hpp"
#include "request.hpp"
#include "response.hpp"

namespace tidewheel {

// What a request said and what was answered; texts lie in the request's body.
struct Answered {
    std::string response;
    Request request;
    std::vector<double> answers;  // rows x width
};

class Call {
public:
    Call(const Model& model, RequestShape shape, ResponseFrame frame)
        : model_(model), shape_(std::move(shape)), frame_(std::move(frame)) {
        check();
    }

    std::size_t width() const { return model_.width(); }
    const RequestShape& shape() const { return shape_; }

    // Return the answer, or nothing for what needs a second look: refusals are said elsewhere.
    std::optional<Answered> answer(std::string_view body, std::size_t rows_limit) const {
        auto request = read_request(body, shape_, rows_limit);
        if (!request) return std::nullopt;
        std::vector<double> answers(request->rows * model_.width());
        if (model_.predict(request->columns(), answers.data()) != Refusal::none) {
            return std::nullopt;
        }
        std::string response = write_response(frame_, *request, answers, model_.width());
        return Answered{std::move(response), std::move(*request), std::move(answers)};
    }

private:
    void check() const {
        const Features& features = model_.features();
        bool fits = shape_.columns.size() == features.columns() &&
                    shape_.outputs.size() == frame_.outputs.size();
        for (std::size_t i = 0; fits && i < features.columns(); ++i) {
            fits = (shape_.columns[i].kind == ColumnKind::text) == features.is_text(i);
        }
        for (const OutputFrame& output : frame_.outputs) {
            fits = fits && (output.labels.empty() || output.labels.size() == model_.width());
        }
        if (!fits) throw std::invalid_argument("the request or the response is of another model");
    }

    Model model_;
    RequestShape shape_;
    ResponseFrame frame_;
};

}  // namespace tidewheel
