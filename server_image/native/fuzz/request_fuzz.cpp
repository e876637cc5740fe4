// Damages requests at random and reads them; built with sanitizers, which end it at the first
// wrong step in memory. Arguments: a seed, a number of rounds, and files with whole requests.
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "../src/engine/request.hpp"
#include "../src/engine/response.hpp"

namespace {

using namespace tidewheel;

const RequestShape kColumns{
    {{"delay", ColumnKind::number, {"FP64", "FP32"}},
     {"seats", ColumnKind::whole, {"INT64"}},
     {"night", ColumnKind::flag, {"BOOL"}},
     {"carrier", ColumnKind::text, {"BYTES"}}},
    {},
    {"predict", "probability"},
};
const RequestShape kMatrix{
    {{"delay", ColumnKind::number, {"FP64"}}, {"seats", ColumnKind::whole, {"FP64"}}},
    {"FP64"},
    {"predict", "probability"},
};
const ResponseFrame kFrame{
    "{\"model_name\":\"m\"",
    {{"{\"shape\":[", "],\"data\":[", {"\"a\"", "\"b\""}, false},
     {"{\"shape\":[", "],\"data\":[", {}, true}},
};

std::string damaged(std::string body, std::mt19937_64& random) {
    static const std::string interesting("{}[]\",:0129.-+eE \\nul\xC3\xA4\xFF\0", 24);
    const auto below = [&](std::size_t end) { return static_cast<std::size_t>(random() % end); };
    for (std::size_t change = 1 + below(4); change > 0 && !body.empty(); --change) {
        const std::size_t place = below(body.size());
        switch (below(5)) {
            case 0: body.resize(place); break;
            case 1: body.erase(place, 1 + below(8)); break;
            case 2: body.insert(place, body.substr(below(body.size()), below(40))); break;
            case 3: body[place] = static_cast<char>(random()); break;
            default: body[place] = interesting[below(interesting.size())];
        }
    }
    return body;
}

// Returns whether the request was read.
bool read(const std::string& body, const RequestShape& shape) {
    // A copy of exactly this size: reading one byte beyond it is seen.
    const std::unique_ptr<char[]> copy(new char[body.size()]);
    body.copy(copy.get(), body.size());
    const auto request = read_request({copy.get(), body.size()}, shape, 1000);
    if (!request) return false;
    const Columns columns = request->columns();
    std::vector<double> answers;
    for (std::size_t row = 0; row < columns.rows; ++row) {
        const double number = columns.numbers[0][row];
        answers.push_back(number == number ? number : 0);
        answers.push_back(columns.numbers[1][row] == 0 ? 1e-7 : 0.5);
        if (columns.texts.back() != nullptr && shape.matrix_datatypes.empty()) {
            const Text text = columns.texts.back()[row];
            if (!is_missing(text) && !is_utf8(text)) std::abort();
        }
    }
    return !write_response(kFrame, *request, answers, 2).empty();
}

}  // namespace

int main(int count, char** words) {
    if (count < 4) return 2;
    std::mt19937_64 random(std::strtoull(words[1], nullptr, 10));
    const std::uint64_t rounds = std::strtoull(words[2], nullptr, 10);
    std::vector<std::string> bodies;
    for (int i = 3; i < count; ++i) {
        std::ifstream file(words[i], std::ios::binary);
        bodies.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    std::uint64_t whole = 0;
    for (const std::string& body : bodies) whole += read(body, kColumns) || read(body, kMatrix);
    std::uint64_t kept = 0;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        const std::string body = damaged(bodies[random() % bodies.size()], random);
        kept += read(body, kColumns);
        kept += read(body, kMatrix);
    }
    std::cout << whole << ' ' << (kept > 0) << '\n';
}
