#include "request.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tidewheel {

namespace {

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
constexpr double kInt64End = 9223372036854775808.0;

bool is_among(const std::vector<std::string>& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

bool fits(ColumnKind kind, double value) {
    if (std::isnan(value)) return true;
    switch (kind) {
        case ColumnKind::whole:
            return value >= -kInt64End && value < kInt64End && value == std::floor(value);
        case ColumnKind::flag:
            return value == 0 || value == 1;
        case ColumnKind::number:
        case ColumnKind::text:
            break;
    }
    return true;
}

class RequestReader {
public:
    RequestReader(std::string_view body, const RequestShape& shape, std::size_t rows_limit)
        : json_(body), shape_(shape), rows_limit_(rows_limit), is_given_(shape.columns.size()) {
        request_.numbers.resize(shape.columns.size());
        request_.texts.resize(shape.columns.size());
    }

    std::optional<Request> read() {
        bool has_inputs = false;
        bool has_outputs = false;
        if (!json_.take('{')) return std::nullopt;
        do {
            const auto key = json_.text();
            if (!key || !json_.take(':')) return std::nullopt;
            if (*key == "id" && !request_.id) {
                request_.id = json_.text();
                if (!request_.id) return std::nullopt;
            } else if (*key == "inputs" && !has_inputs) {
                has_inputs = true;
                if (!read_inputs()) return std::nullopt;
            } else if (*key == "outputs" && !has_outputs) {
                has_outputs = true;
                if (!read_outputs()) return std::nullopt;
            } else {
                return std::nullopt;
            }
        } while (json_.take(','));
        const bool is_whole = json_.take('}') && json_.is_at_end() && has_inputs &&
                              std::all_of(is_given_.begin(), is_given_.end(), [](char x) { return x != 0; });
        if (!is_whole) return std::nullopt;
        return std::move(request_);
    }

private:
    struct Tensor {
        std::string_view name;
        std::string_view datatype;
        std::size_t rows = 0;
        std::size_t width = 0;  // 0 where the shape has one axis
        bool has_name = false;
        bool has_datatype = false;
        bool has_shape = false;
        bool has_data = false;
    };

    bool read_inputs() {
        if (!json_.take('[')) return false;
        do {
            if (!read_tensor()) return false;
        } while (json_.take(','));
        return json_.take(']');
    }

    // The data must come last: only then is it known what it means.
    bool read_tensor() {
        Tensor tensor;
        if (!json_.take('{')) return false;
        do {
            const auto key = json_.text();
            if (!key || !json_.take(':') || tensor.has_data) return false;
            if (*key == "name" && !tensor.has_name) {
                tensor.has_name = read_text(tensor.name);
                if (!tensor.has_name) return false;
            } else if (*key == "datatype" && !tensor.has_datatype) {
                tensor.has_datatype = read_text(tensor.datatype);
                if (!tensor.has_datatype) return false;
            } else if (*key == "shape" && !tensor.has_shape) {
                tensor.has_shape = read_shape(tensor);
                if (!tensor.has_shape) return false;
            } else if (*key == "data" && tensor.has_name && tensor.has_datatype &&
                       tensor.has_shape) {
                tensor.has_data = read_data(tensor);
                if (!tensor.has_data) return false;
            } else {
                return false;
            }
        } while (json_.take(','));
        return tensor.has_data && json_.take('}');
    }

    bool read_text(std::string_view& place) {
        const auto found = json_.text();
        if (found) place = *found;
        return found.has_value();
    }

    bool read_shape(Tensor& tensor) {
        if (!json_.take('[')) return false;
        const auto rows = json_.size();
        if (!rows || *rows == 0) return false;
        tensor.rows = *rows;
        if (json_.take(',')) {
            const auto width = json_.size();
            if (!width || *width == 0) return false;
            tensor.width = *width;
        }
        return json_.take(']');
    }

    bool read_data(const Tensor& tensor) {
        // A shape that lies must not take memory: each element has a character, and one between.
        const std::size_t elements = tensor.rows * std::max<std::size_t>(tensor.width, 1);
        if (tensor.rows > rows_limit_ || elements > json_.left()) return false;
        if (request_.rows != 0 && request_.rows != tensor.rows) return false;
        request_.rows = tensor.rows;
        const std::size_t column = place_of(tensor.name);
        if (column == shape_.columns.size()) return read_matrix(tensor);
        if (is_given_[column] != 0 || tensor.width > 1) return false;
        is_given_[column] = 1;
        const InputColumn& wanted = shape_.columns[column];
        if (!is_among(wanted.datatypes, tensor.datatype)) return false;
        return read_column(column, tensor);
    }

    std::size_t place_of(std::string_view name) {
        // Clients send columns in the model's order.
        const std::size_t count = shape_.columns.size();
        if (next_ < count && shape_.columns[next_].name == name) return next_++;
        std::size_t place = 0;
        while (place < count && shape_.columns[place].name != name) ++place;
        next_ = place + 1;
        return place;
    }

    bool read_column(std::size_t column, const Tensor& tensor) {
        if (!json_.take('[')) return false;
        const bool is_nested = tensor.width == 1 && json_.comes('[');
        const ColumnKind kind = shape_.columns[column].kind;
        std::vector<double>& numbers = request_.numbers[column];
        std::vector<Text>& texts = request_.texts[column];
        (kind == ColumnKind::text) ? texts.resize(tensor.rows) : numbers.resize(tensor.rows);
        for (std::size_t row = 0; row < tensor.rows; ++row) {
            if (row > 0 && !json_.take(',')) return false;
            if (is_nested && !json_.take('[')) return false;
            const bool is_read = kind == ColumnKind::text ? read_cell(texts[row])
                                                          : read_cell(kind, numbers[row]);
            if (!is_read || (is_nested && !json_.take(']'))) return false;
        }
        return json_.take(']');
    }

    bool read_cell(Text& place) {
        return json_.comes('"') ? read_text(place) : json_.take_word("null");
    }

    bool read_cell(ColumnKind kind, double& place) {
        if (json_.comes('n')) {
            place = kMissing;
            return json_.take_word("null");
        }
        if (kind != ColumnKind::flag) return json_.number(place) && fits(kind, place);
        place = json_.comes('t') ? 1 : 0;
        return json_.take_word(place == 1 ? "true" : "false");
    }

    bool read_matrix(const Tensor& tensor) {
        const std::size_t width = shape_.columns.size();
        const bool is_first = std::none_of(is_given_.begin(), is_given_.end(), [](char x) { return x != 0; });
        if (!is_first || tensor.width != width ||
            !is_among(shape_.matrix_datatypes, tensor.datatype) || !json_.take('[')) {
            return false;
        }
        std::fill(is_given_.begin(), is_given_.end(), 1);
        for (auto& numbers : request_.numbers) numbers.resize(tensor.rows);
        const bool is_nested = json_.comes('[');
        for (std::size_t row = 0; row < tensor.rows; ++row) {
            if (row > 0 && !json_.take(',')) return false;
            if (is_nested && !json_.take('[')) return false;
            for (std::size_t column = 0; column < width; ++column) {
                if (column > 0 && !json_.take(',')) return false;
                double& place = request_.numbers[column][row];
                if (!read_cell(ColumnKind::number, place) ||
                    !fits(shape_.columns[column].kind, place)) {
                    return false;
                }
            }
            if (is_nested && !json_.take(']')) return false;
        }
        return json_.take(']');
    }

    bool read_outputs() {
        if (!json_.take('[')) return false;
        do {
            std::string_view name;
            const bool is_plain = json_.take('{') && json_.take_word("\"name\"") &&
                                  json_.take(':') && read_text(name) && json_.take('}');
            const auto found = std::find(shape_.outputs.begin(), shape_.outputs.end(), name);
            if (!is_plain || found == shape_.outputs.end()) return false;
            const auto place = static_cast<std::size_t>(found - shape_.outputs.begin());
            auto& outputs = request_.outputs;
            if (std::find(outputs.begin(), outputs.end(), place) != outputs.end()) return false;
            outputs.push_back(place);
        } while (json_.take(','));
        return json_.take(']');
    }

    JsonReader json_;
    const RequestShape& shape_;
    std::size_t rows_limit_;
    std::size_t next_ = 0;
    std::vector<char> is_given_;
    Request request_;
};

}  // namespace

Columns Request::columns() const {
    Columns view;
    view.rows = rows;
    view.numbers.reserve(numbers.size());
    view.texts.reserve(texts.size());
    for (const auto& column : numbers) view.numbers.push_back(column.data());
    for (const auto& column : texts) view.texts.push_back(column.data());
    return view;
}

std::optional<Request> read_request(std::string_view body, const RequestShape& shape,
                                    std::size_t rows_limit) {
    return RequestReader(body, shape, rows_limit).read();
}

}  // namespace tidewheel
