// Reads JSON from left to right, and gives up at whatever is not plain: the caller then asks a
// reader that can say what is wrong.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tidewheel {

bool is_utf8(std::string_view text);

class JsonReader {
public:
    explicit JsonReader(std::string_view text)
        : at_(text.data()), end_(text.data() + text.size()) {}

    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

    // Skip white space, then take the character if it comes next.
    bool take(char wanted) {
        skip_space();
        if (at_ == end_ || *at_ != wanted) return false;
        ++at_;
        return true;
    }

    bool comes(char wanted) {
        skip_space();
        return at_ != end_ && *at_ == wanted;
    }

    bool is_at_end() {
        skip_space();
        return at_ == end_;
    }

    bool take_word(std::string_view word) {
        skip_space();
        if (left() < word.size() || std::string_view(at_, word.size()) != word) return false;
        at_ += word.size();
        return true;
    }

    // Text without escapes; it lies in what is read.
    std::optional<std::string_view> text();

    // A number as float64, rounded to the nearest; an integer has no negative zero.
    bool number(double& value);

    // A whole number of at most 9 digits.
    std::optional<std::size_t> size();

private:
    void skip_space() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
    }

    const char* at_;
    const char* end_;
};

}  // namespace tidewheel
