#pragma once

#include <nanobind/nanobind.h>

namespace tidewheel {

void bind_calls(nanobind::module_& module);

}  // namespace tidewheel
