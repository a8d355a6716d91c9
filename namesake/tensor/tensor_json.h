// Tensors inside configs, as Keras keeps constants: {"class_name": "__tensor__", "config": {"value": [[1.0, 2.0]], "dtype": "float32"}}.
#pragma once

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/tensor/tensor.h"

namespace namesake {

/// Throws Unsupported for a dtype that is no number or bool.
[[nodiscard]] NAMESAKE_API JsonValue constant_to_json(const Tensor& tensor);
/// Reads a `__tensor__` or `__numpy__` object, a list of numbers (nested evenly) or a number; lists and numbers become int32,
/// float32 or bool. Throws FormatError for ragged lists and what is no number.
[[nodiscard]] NAMESAKE_API Tensor constant_from_json(const JsonView& json);

}  // namespace namesake
