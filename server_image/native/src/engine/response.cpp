#include "response.hpp"

#include <algorithm>

#include "json_writer.hpp"

namespace tidewheel {

namespace {

// Enough for a number with its comma, so that the body seldom grows.
constexpr std::size_t kNumberBytes = 24;

void append_labels(std::string& out, const OutputFrame& frame, const std::vector<double>& answers,
                   std::size_t width) {
    for (std::size_t first = 0; first < answers.size(); first += width) {
        const double* row = answers.data() + first;
        if (first > 0) out.push_back(',');
        out += frame.labels[static_cast<std::size_t>(std::max_element(row, row + width) - row)];
    }
}

void append_numbers(std::string& out, const std::vector<double>& answers) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (i > 0) out.push_back(',');
        append_number(out, answers[i]);
    }
}

void append_output(std::string& out, const OutputFrame& frame, std::size_t rows,
                   const std::vector<double>& answers, std::size_t width) {
    out += frame.head;
    append_size(out, rows);
    if (frame.has_width) {
        out.push_back(',');
        append_size(out, width);
    }
    out += frame.tail;
    if (frame.labels.empty()) {
        append_numbers(out, answers);
    } else {
        append_labels(out, frame, answers, width);
    }
    out += "]}";
}

}  // namespace

std::string write_response(const ResponseFrame& frame, const Request& request,
                           const std::vector<double>& answers, std::size_t width) {
    std::string out;
    out.reserve(256 + answers.size() * kNumberBytes);
    out += frame.opening;
    if (request.id) {
        out += ",\"id\":\"";
        out += *request.id;
        out.push_back('"');
    }
    out += ",\"outputs\":[";
    const std::size_t count =
        request.outputs.empty() ? frame.outputs.size() : request.outputs.size();
    for (std::size_t i = 0; i < count; ++i) {
        if (i > 0) out.push_back(',');
        const std::size_t place = request.outputs.empty() ? i : request.outputs[i];
        append_output(out, frame.outputs[place], request.rows, answers, width);
    }
    out += "]}";
    return out;
}

}  // namespace tidewheel
