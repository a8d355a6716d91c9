#include "namesake/nn/dtype_policy.h"

#include "namesake/base/error.h"

namespace namesake {
namespace {

std::string& default_policy() {
  thread_local std::string policy = "float32";
  return policy;
}

}  // namespace

void set_dtype_policy(std::string_view policy) {
  if (!is_floating(nn::policy_dtypes(policy).compute)) {
    throw Unsupported({.subject = std::string(policy),
                       .what = "This dtype is no policy for layers.",
                       .expected = "float32, float64, float16, bfloat16, mixed_float16 or mixed_bfloat16",
                       .received = std::string(policy)});
  }
  default_policy() = policy;
}

const std::string& dtype_policy() { return default_policy(); }

nn::PolicyDTypes nn::policy_dtypes(std::string_view policy) {
  if (policy == "float32") return {DType::kFloat32, DType::kFloat32};
  if (policy == "mixed_float16") return {DType::kFloat16, DType::kFloat32};
  if (policy == "mixed_bfloat16") return {DType::kBFloat16, DType::kFloat32};
  const auto dtype = dtype_from_string(policy);
  // Other dtypes are those of inputs. "int8" alone is no policy in Keras either: it stands for ways to quantize.
  if (dtype && *dtype != DType::kInt8) return {*dtype, *dtype};
  throw Unsupported({.subject = std::string(policy),
                     .what = "This dtype policy is not done here.",
                     .expected = "float32, float64, float16, bfloat16, mixed_float16 or mixed_bfloat16",
                     .received = std::string(policy)});
}

}  // namespace namesake
