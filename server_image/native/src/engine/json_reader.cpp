#include "json_reader.hpp"

#include <charconv>
#include <cmath>

namespace tidewheel {

namespace {

// Every power of ten that float64 holds exactly.
constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr std::uint64_t kExactIntegers = std::uint64_t{1} << 53U;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_continuation(unsigned char byte) { return (byte & 0xC0U) == 0x80U; }

}  // namespace

bool is_utf8(std::string_view text) {
    std::size_t i = 0;
    const auto byte = [&](std::size_t place) { return static_cast<unsigned char>(text[place]); };
    while (i < text.size()) {
        const unsigned char first = byte(i);
        if (first < 0x80U) {
            ++i;
            continue;
        }
        const std::size_t length = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : 2;
        if (first < 0xC2U || first > 0xF4U || i + length > text.size()) return false;
        for (std::size_t j = 1; j < length; ++j) {
            if (!is_continuation(byte(i + j))) return false;
        }
        const unsigned char second = byte(i + 1);
        // Overlong forms, halves of surrogate pairs, and what is beyond Unicode.
        if ((first == 0xE0U && second < 0xA0U) || (first == 0xEDU && second > 0x9FU) ||
            (first == 0xF0U && second < 0x90U) || (first == 0xF4U && second > 0x8FU)) {
            return false;
        }
        i += length;
    }
    return true;
}

std::optional<std::string_view> JsonReader::text() {
    if (!take('"')) return std::nullopt;
    const char* start = at_;
    bool is_ascii = true;
    for (; at_ != end_ && *at_ != '"'; ++at_) {
        const auto byte = static_cast<unsigned char>(*at_);
        if (byte < 0x20U || byte == '\\') return std::nullopt;
        is_ascii = is_ascii && byte < 0x80U;
    }
    if (at_ == end_) return std::nullopt;
    const std::string_view found(start, static_cast<std::size_t>(at_ - start));
    ++at_;
    if (!is_ascii && !is_utf8(found)) return std::nullopt;
    return found;
}

bool JsonReader::number(double& value) {
    skip_space();
    const char* start = at_;
    const bool is_negative = at_ != end_ && *at_ == '-';
    if (is_negative) ++at_;
    const char* digits = at_;
    std::uint64_t mantissa = 0;
    // Where it overflows there are more digits than the short way takes.
    for (; at_ != end_ && is_digit(*at_); ++at_) {
        mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at_ - '0');
    }
    std::ptrdiff_t count = at_ - digits;
    if (count == 0 || (*digits == '0' && count > 1)) return false;
    int exponent = 0;
    bool is_integer = true;
    if (at_ != end_ && *at_ == '.') {
        is_integer = false;
        const char* fraction = ++at_;
        for (; at_ != end_ && is_digit(*at_); ++at_) {
            mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at_ - '0');
        }
        if (at_ == fraction) return false;
        count += at_ - fraction;
        if (count <= 19) exponent = -static_cast<int>(at_ - fraction);
    }
    const bool has_exponent = at_ != end_ && (*at_ == 'e' || *at_ == 'E');
    if (has_exponent) {
        is_integer = false;
        ++at_;
        if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
        const char* power = at_;
        while (at_ != end_ && is_digit(*at_)) ++at_;
        if (at_ == power) return false;
    }
    if (!has_exponent && count <= 19 && mantissa < kExactIntegers && exponent >= -22) {
        // Both are exact, so that one division rounds once (Clinger, PLDI 1990).
        const double exact = static_cast<double>(mantissa) / kPowers[-exponent];
        value = is_negative && !(is_integer && mantissa == 0) ? -exact : exact;
        return true;
    }
    const auto read = std::from_chars(start, at_, value);
    return read.ec == std::errc() && read.ptr == at_ && std::isfinite(value);
}

std::optional<std::size_t> JsonReader::size() {
    skip_space();
    const char* start = at_;
    std::size_t value = 0;
    for (; at_ != end_ && is_digit(*at_); ++at_) {
        if (at_ - start == 9) return std::nullopt;
        value = value * 10 + static_cast<std::size_t>(*at_ - '0');
    }
    const bool has_leading_zero = at_ - start > 1 && *start == '0';
    if (at_ == start || has_leading_zero) return std::nullopt;
    // More of a number, such as a fraction.
    if (at_ != end_ && (*at_ == '.' || *at_ == 'e' || *at_ == 'E')) return std::nullopt;
    return value;
}

}  // namespace tidewheel
