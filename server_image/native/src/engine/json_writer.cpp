#include "json_writer.hpp"

#include <charconv>
#include <cstdlib>

namespace tidewheel {

namespace {

// Numbers between 1e-5 and 1e16 are written without an exponent.
constexpr int kSmallestPlain = -5;
constexpr int kFirstLarge = 16;

void append_plain(std::string& out, const char* digits, int count, int exponent) {
    if (exponent < 0) {
        out.append("0.");
        out.append(static_cast<std::size_t>(-exponent - 1), '0');
        out.append(digits, static_cast<std::size_t>(count));
        return;
    }
    const int whole = exponent + 1;
    if (count <= whole) {
        out.append(digits, static_cast<std::size_t>(count));
        out.append(static_cast<std::size_t>(whole - count), '0');
        out.append(".0");
        return;
    }
    out.append(digits, static_cast<std::size_t>(whole));
    out.push_back('.');
    out.append(digits + whole, static_cast<std::size_t>(count - whole));
}

void append_scientific(std::string& out, const char* digits, int count, int exponent) {
    out.push_back(digits[0]);
    if (count > 1) {
        out.push_back('.');
        out.append(digits + 1, static_cast<std::size_t>(count - 1));
    }
    out.push_back('e');
    out.push_back(exponent < 0 ? '-' : '+');
    append_size(out, static_cast<std::size_t>(std::abs(exponent)));
}

}  // namespace

void append_number(std::string& out, double value) {
    char text[32];
    const auto written = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
    const char* at = text;
    if (*at == '-') {
        out.push_back('-');
        ++at;
    }
    char digits[20];
    int count = 0;
    for (; *at != 'e'; ++at) {
        if (*at != '.') digits[count++] = *at;
    }
    // from_chars takes no plus sign.
    if (*++at == '+') ++at;
    int exponent = 0;
    std::from_chars(at, written.ptr, exponent);
    if (exponent < kSmallestPlain || exponent >= kFirstLarge) {
        append_scientific(out, digits, count, exponent);
    } else {
        append_plain(out, digits, count, exponent);
    }
}

void append_size(std::string& out, std::size_t value) {
    char text[24];
    const auto written = std::to_chars(text, text + sizeof text, value);
    out.append(text, written.ptr);
}

}  // namespace tidewheel
