// Running an op: shape rule, memory, kernel, recorders. Also the stack of recorders.
#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/base/pool.h"
#include "namesake/ops/cast.h"
#include "namesake/ops/op.h"
#include "namesake/ops/recorder.h"

namespace namesake::ops {
namespace {

thread_local constinit Recorder* innermost_recorder = nullptr;

[[noreturn]] void throw_wrong_inputs(const OpRecord& op, std::size_t received) {
  throw InvalidArgument({.subject = std::string(op.name),
                         .what = fmt::format("{} got the wrong number of inputs.", op.name),
                         .expected = fmt::format("{}{}", op.list_input >= 0 ? "at least " : "", op.input_names.size()),
                         .received = std::to_string(received)});
}

[[noreturn]] void throw_wrong_outputs(const OpRecord& op, const Attrs& attrs, std::size_t received) {
  throw InvalidArgument({.subject = std::string(op.name),
                         .what = fmt::format("{} was asked for the wrong number of outputs.", op.name),
                         .expected = std::to_string(op.outputs(attrs)),
                         .received = std::to_string(received)});
}

[[noreturn]] void throw_no_value(const OpRecord& op) {
  throw InvalidArgument(
      {.subject = std::string(op.name), .what = fmt::format("{} got a tensor without a value.", op.name)});
}

// What most kernels do not compute in, and what they compute in instead; one bit a dtype tells them apart.
constexpr std::uint32_t bit(DType dtype) { return std::uint32_t{1} << static_cast<int>(dtype); }
constexpr std::uint32_t kNarrow = bit(DType::kFloat16) | bit(DType::kBFloat16) | bit(DType::kInt8) |
                                  bit(DType::kInt16) | bit(DType::kUInt16) | bit(DType::kUInt32);
DType wider(DType dtype) {
  switch (dtype) {
    case DType::kFloat16:
    case DType::kBFloat16:
      return DType::kFloat32;
    case DType::kInt8:
    case DType::kInt16:
    case DType::kUInt16:
      return DType::kInt32;
    case DType::kUInt32:
      return DType::kInt64;
    default:
      return dtype;
  }
}

struct Seen {
  bool symbolic = false;
  std::uint32_t dtypes = 0;  // bits
};

Seen check_inputs(const OpRecord& op, std::span<const Tensor> inputs) {
  const std::size_t wanted = op.input_names.size();
  if (inputs.size() != wanted && (op.list_input < 0 || inputs.size() < wanted)) throw_wrong_inputs(op, inputs.size());
  Seen seen;
  for (const Tensor& input : inputs) {
    if (!input.defined()) throw_no_value(op);
    seen.symbolic |= input.is_symbolic();
    seen.dtypes |= bit(input.dtype());
  }
  return seen;
}

Tensor converted(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  Tensor out = Tensor::empty(dtype, x.shape());
  static_cast<void>(cast_numbers(dtype, out.raw(), x.dtype(), x.raw(), x.size()));
  return out;
}

// The kernel on widened copies of the narrow tensors.
void run_widened(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<OutputSpec> specs,
                 std::span<Tensor> outputs) {
  Tensors wide;
  wide.reserve(inputs.size());
  for (const Tensor& input : inputs) wide.push_back(converted(input, wider(input.dtype())));
  for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = Tensor::empty(wider(specs[i].dtype), specs[i].shape);
  op.kernel({op, wide, attrs, outputs, specs});
  for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = converted(outputs[i], specs[i].dtype);
}

void make_symbolic(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs,
                   std::span<const OutputSpec> specs, std::span<Tensor> outputs) {
  auto producer = base::RefPtr<Producer>::adopt(new OpProducer(op, inputs, attrs));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    outputs[i] = Tensor::symbolic(specs[i].dtype, specs[i].shape, producer, static_cast<int>(i));
  }
}

void run(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<OutputSpec> specs,
         std::span<Tensor> outputs) {
  Seen seen = check_inputs(op, inputs);
  op.infer({op, inputs, attrs, specs});
  for (const OutputSpec& spec : specs) seen.dtypes |= bit(spec.dtype);
  // A graph that is being made holds no lists of tensors: what makes one is a node, like what uses it.
  const bool makes_object = (seen.dtypes & bit(DType::kVariant)) != 0 && tracing();
  if (seen.symbolic || makes_object) {
    make_symbolic(op, inputs, attrs, specs, outputs);
  } else if ((seen.dtypes & kNarrow) != 0 && !op.any_width && !op.makes_views) {
    run_widened(op, inputs, attrs, specs, outputs);
  } else {
    if (!op.makes_views) {
      for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = Tensor::empty(specs[i].dtype, specs[i].shape);
    }
    op.kernel({op, inputs, attrs, outputs, specs});
  }
  for (Recorder* r = innermost_recorder; r != nullptr; r = r->outer()) r->on_op(op, inputs, attrs, outputs);
}

}  // namespace

Tensor apply(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs) {
  Tensor output;
  OutputSpec spec;
  run(op, inputs, attrs, {&spec, 1}, {&output, 1});
  return output;
}

void apply_into(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs, std::span<Tensor> outputs) {
  if (outputs.size() != op.outputs(attrs) || outputs.empty()) throw_wrong_outputs(op, attrs, outputs.size());
  if (outputs.size() > OpRecord::kFewOutputs) {
    std::vector<OutputSpec, base::PoolAllocator<OutputSpec>> specs(outputs.size());
    return run(op, inputs, attrs, specs, outputs);
  }
  std::array<OutputSpec, OpRecord::kFewOutputs> specs;
  run(op, inputs, attrs, {specs.data(), outputs.size()}, outputs);
}

Tensors apply_list(const OpRecord& op, std::span<const Tensor> inputs, const Attrs& attrs) {
  constexpr std::size_t kMost = std::size_t{1} << 20;  // a count that came out of a file is checked before it is used
  const std::size_t count = op.outputs(attrs);
  if (count == 0 || count > kMost) throw_wrong_outputs(op, attrs, count);
  Tensors outputs(count);
  apply_into(op, inputs, attrs, outputs);
  return outputs;
}

void Attrs::set_text(std::size_t i, std::string_view text) {
  const std::size_t room = (kMost - i) * sizeof(std::int64_t);
  if (text.size() > room || text.find('\0') != std::string_view::npos) {
    throw InvalidArgument({.what = "A text attribute is too long.",
                           .expected = fmt::format("at most {} characters", room),
                           .received = fmt::format("{} characters", text.size())});
  }
  std::fill(slots_.begin() + static_cast<std::ptrdiff_t>(i), slots_.end(), 0);
  if (!text.empty()) std::memcpy(slots_.data() + i, text.data(), text.size());
}

void Attrs::set_list(std::size_t i, std::span<const std::int64_t> values) {
  const int bits = values.size() <= 4 ? 15 : 7;
  const std::int64_t limit = std::int64_t{1} << (bits - 1);
  std::uint64_t slot = values.size();
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (values.size() > 8 || values[k] < -limit || values[k] >= limit) {
      throw InvalidArgument({.what = "A list attribute is too long, or has too large a number.",
                             .expected = "at most 8 numbers between -64 and 63, or 4 between -16384 and 16383"});
    }
    const auto cut = static_cast<std::uint64_t>(values[k]) & ((std::uint64_t{1} << bits) - 1);
    slot |= cut << (4 + bits * static_cast<int>(k));
  }
  slots_[i] = static_cast<std::int64_t>(slot);
}

Recorder* Recorder::innermost() { return innermost_recorder; }

bool tracing() {
  for (const Recorder* r = innermost_recorder; r != nullptr; r = r->outer()) {
    if (r->traces()) return true;
  }
  return false;
}

Recorder::~Recorder() { stop(); }

void Recorder::start() {
  if (recording_) return;
  outer_ = innermost_recorder;
  innermost_recorder = this;
  recording_ = true;
}

void Recorder::stop() {
  if (!recording_) return;
  recording_ = false;
  for (Recorder** place = &innermost_recorder; *place != nullptr; place = &(*place)->outer_) {
    if (*place == this) {
      *place = outer_;
      return;
    }
  }
}

StopRecording::StopRecording() : hidden_(innermost_recorder) { innermost_recorder = nullptr; }
StopRecording::~StopRecording() { innermost_recorder = hidden_; }

}  // namespace namesake::ops
