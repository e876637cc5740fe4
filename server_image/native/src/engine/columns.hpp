// The rows of a request as columns that somebody else keeps alive.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace tidewheel {

// A cell of text; a missing one has no data, an empty one does.
using Text = std::string_view;

inline bool is_missing(Text text) { return text.data() == nullptr; }

// Column i is in `numbers[i]` (NaN for a missing value) or in `texts[i]`; the other is null.
struct Columns {
    std::size_t rows = 0;
    std::vector<const double*> numbers;
    std::vector<const Text*> texts;
};

}  // namespace tidewheel
