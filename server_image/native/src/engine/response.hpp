// The usual inference response in JSON.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "request.hpp"

namespace tidewheel {

// An output: `head` comes before the number of rows, `tail` between the shape and the data.
// With labels, each row has the one of its highest answer; without, all its answers.
struct OutputFrame {
    std::string head;
    std::string tail;
    std::vector<std::string> labels;  // as JSON
    bool has_width;                   // whether the shape has a second axis
};

struct ResponseFrame {
    std::string opening;  // from the brace to the version
    std::vector<OutputFrame> outputs;
};

// Return the body that answers a request; `answers` has the shape rows x width.
std::string write_response(const ResponseFrame& frame, const Request& request,
                           const std::vector<double>& answers, std::size_t width);

}  // namespace tidewheel
