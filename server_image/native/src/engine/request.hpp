// The usual inference request in JSON: one tensor for each column, or one matrix of numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "columns.hpp"
#include "json_reader.hpp"

namespace tidewheel {

enum class ColumnKind : std::uint8_t { number, whole, flag, text };

struct InputColumn {
    std::string name;
    ColumnKind kind;
    std::vector<std::string> datatypes;  // what a client may call it
};

struct RequestShape {
    std::vector<InputColumn> columns;
    std::vector<std::string> matrix_datatypes;  // none when a column is text
    std::vector<std::string> outputs;
};

// What a request says; texts and the identifier lie in its body.
struct Request {
    std::size_t rows = 0;
    std::vector<std::vector<double>> numbers;
    std::vector<std::vector<Text>> texts;
    std::optional<std::string_view> id;
    std::vector<std::size_t> outputs;  // places in RequestShape; none means all

    Columns columns() const;
};

// Return a request that needs no second look, or nothing for any other: errors, unusual keys and
// values, escapes, and requests of more rows.
std::optional<Request> read_request(std::string_view body, const RequestShape& shape,
                                    std::size_t rows_limit);

}  // namespace tidewheel
