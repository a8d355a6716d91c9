// Dtype policies: the dtype that a layer computes in, and that of its weights. Keras's words: "float32", "float64", "float16", "bfloat16",
// "mixed_float16" and "mixed_bfloat16" (weights in float32). Computing in 16 bits is float32 rounded after each op.
//   set_dtype_policy("mixed_bfloat16");        // of layers made from now on; or Dense({.units = 8, .dtype = "mixed_bfloat16"})
#pragma once

#include <string>
#include <string_view>

#include "namesake/base/export.h"
#include "namesake/tensor/dtype.h"

namespace namesake {

/// The policy of layers that name none, on this thread. Throws Unsupported for another word.
NAMESAKE_API void set_dtype_policy(std::string_view policy);
/// "float32" unless set.
[[nodiscard]] NAMESAKE_API const std::string& dtype_policy();

namespace nn {

struct PolicyDTypes {
  DType compute, variable;
};
/// Throws Unsupported for a word that is no policy. (An input layer's policy is its dtype, of any kind.)
[[nodiscard]] PolicyDTypes policy_dtypes(std::string_view policy);

}  // namespace nn
}  // namespace namesake
