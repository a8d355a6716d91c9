// Running an op: shape rule, memory, kernel, recorders. Also the stack of recorders.
#include <fmt/format.h>

#include "namesake/base/error.h"
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

[[noreturn]] void throw_no_value(const OpRecord& op) {
  throw InvalidArgument(
      {.subject = std::string(op.name), .what = fmt::format("{} got a tensor without a value.", op.name)});
}

// Checks the inputs; true if one of them is symbolic.
bool check_inputs(const OpRecord& op, std::span<const Tensor> inputs) {
  const std::size_t wanted = op.input_names.size();
  if (inputs.size() != wanted && (op.list_input < 0 || inputs.size() < wanted)) throw_wrong_inputs(op, inputs.size());
  bool symbolic = false;
  for (const Tensor& input : inputs) {
    if (!input.defined()) throw_no_value(op);
    symbolic |= input.is_symbolic();
  }
  return symbolic;
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
  const bool symbolic = check_inputs(op, inputs);
  op.infer({op, inputs, attrs, specs});
  if (symbolic) {
    make_symbolic(op, inputs, attrs, specs, outputs);
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
  std::array<OutputSpec, OpRecord::kMostOutputs> specs;
  run(op, inputs, attrs, {specs.data(), outputs.size()}, outputs);
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
