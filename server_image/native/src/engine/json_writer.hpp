// Writes JSON as orjson does, to the byte.
#pragma once

#include <cstddef>
#include <string>

namespace tidewheel {

// The shortest digits that read back as the same float64; whole numbers keep `.0`.
void append_number(std::string& out, double value);

void append_size(std::string& out, std::size_t value);

}  // namespace tidewheel
