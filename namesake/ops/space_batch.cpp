// SpaceToBatchND and BatchToSpaceND: blocks of pixels moved into the batch axis, and back. A dilated convolution of TensorFlow's is a plain one
// between the two.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "namesake/ops/records.h"
#include "namesake/ops/shape_rules.h"

namespace namesake::ops {
namespace {

/// Number `side` of axis `axis` of paddings or crops (axes, 2).
std::int64_t border(const Tensor& borders, int axis, int side) { return index_at(borders, axis * 2 + side); }

std::int64_t product(const OpRecord& op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  if (__builtin_mul_overflow(a, b, &result)) throw_invalid(op, fmt::format("{} would make too large a tensor.", op.name));
  return result;
}

/// What the two have in common: which axes are cut into blocks, and what is put around (or cut off) there.
void infer_blocks(const InferContext& c, bool to_batch) {
  const Shape &in = c.inputs[0].shape(), &borders = c.inputs[2].shape();
  const HostInts block = host_ints(c.op, c.inputs[1]);
  check_integers(c, 2);
  c.outputs[0].dtype = c.inputs[0].dtype();
  if (!in.known_rank() || block.size < 0) return;
  if (in.rank() < 1 + block.size || !borders.compatible_with({block.size, 2})) {
    throw_mismatch(c.op, c.inputs, fmt::format("{} needs a block size and two borders for each of some axes behind the batch.", c.op.name));
  }
  Shape out = in;
  const bool known = block.known && !c.inputs[2].is_symbolic();
  std::int64_t all = 1;
  for (int i = 0; i < block.size; ++i) {
    if (!known) {
      out.set(i + 1, Shape::kOpen);
      continue;
    }
    const std::int64_t before = border(c.inputs[2], i, 0), behind = border(c.inputs[2], i, 1);
    constexpr std::int64_t kMost = std::int64_t{1} << 40;
    if (block[i] < 1 || before < 0 || behind < 0 || before >= kMost || behind >= kMost) {
      throw_invalid(c.op, fmt::format("{} needs blocks of 1 or more, and borders of 0 or more.", c.op.name));
    }
    all = product(c.op, all, block[i]);
    if (in[i + 1] == Shape::kOpen) continue;
    const std::int64_t size = to_batch ? in[i + 1] + before + behind : product(c.op, in[i + 1], block[i]) - before - behind;
    if (size < 0 || (to_batch && size % block[i] != 0)) {
      throw_mismatch(c.op, c.inputs, fmt::format("{} cannot cut axis {} of {} into blocks of {}.", c.op.name, i + 1, to_string(in), block[i]));
    }
    out.set(i + 1, to_batch ? size / block[i] : size);
  }
  if (in[0] != Shape::kOpen && known) {
    if (!to_batch && in[0] % all != 0) throw_mismatch(c.op, c.inputs, fmt::format("{} needs a batch that {} divides.", c.op.name, all));
    out.set(0, to_batch ? product(c.op, in[0], all) : in[0] / all);
  } else {
    out.set(0, Shape::kOpen);
  }
  c.outputs[0].shape = out;
}

/// Calls visit(place among the blocks, place in space, or -1 if that lies outside) for each run of elements behind the blocks' axes.
template <class Visit>
void each_run(const KernelContext& c, const Shape& blocks, const Shape& space, Visit visit) {
  const HostInts block = host_ints(c.op, c.inputs[1]);
  const std::int64_t run = elements_between(blocks, block.size + 1, blocks.rank()), batch = space[0];
  std::array<std::int64_t, Shape::kMaxRank> at{};  // in the blocks' axes 0 ... block.size
  for (std::int64_t place = 0, n = elements_between(blocks, 0, block.size + 1); place < n; ++place) {
    std::int64_t inside = at[0] / batch, offset = 0, weight = 1;
    bool lies_in = true;
    for (int i = block.size - 1; i >= 0; --i) {  // the last axis of a block runs fastest
      const std::int64_t pixel = at[static_cast<std::size_t>(i) + 1] * block[i] + inside % block[i] - border(c.inputs[2], i, 0);
      inside /= block[i];
      lies_in = lies_in && pixel >= 0 && pixel < space[i + 1];
      offset += pixel * weight;
      weight *= space[i + 1];
    }
    offset += at[0] % batch * weight;
    visit(place * run, lies_in ? offset * run : -1, run);
    for (int i = block.size; i >= 0; --i) {
      if (++at[static_cast<std::size_t>(i)] < blocks[i]) break;
      at[static_cast<std::size_t>(i)] = 0;
    }
  }
}

void to_batch_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  if (out.size() == 0) return;
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_run(c, out.shape(), in.shape(), [&](std::int64_t to, std::int64_t from, std::int64_t run) {
      if (from < 0)
        std::fill_n(out.raw_as<T>() + to, run, T{});
      else
        std::copy_n(in.raw_as<T>() + from, run, out.raw_as<T>() + to);
    });
  });
}
void to_space_kernel(const KernelContext& c) {
  const Tensor &in = c.inputs[0], &out = c.outputs[0];
  if (out.size() == 0) return;
  with_width(c.op, in.dtype(), [&](auto zero) {
    using T = decltype(zero);
    each_run(c, in.shape(), out.shape(), [&](std::int64_t from, std::int64_t to, std::int64_t run) {
      if (to >= 0) std::copy_n(in.raw_as<T>() + from, run, out.raw_as<T>() + to);
    });
  });
}

void infer_to_batch(const InferContext& c) { infer_blocks(c, true); }
void infer_to_space(const InferContext& c) { infer_blocks(c, false); }
void gradient_to_batch(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kBatchToSpaceND, c.output_gradients[0], c.inputs[1], c.inputs[2]);
}
void gradient_to_space(const GradientContext& c) {
  if (c.needs[0]) c.input_gradients[0] = apply(kSpaceToBatchND, c.output_gradients[0], c.inputs[1], c.inputs[2]);
}

constexpr std::string_view kNamesToBatch[] = {"input", "block_shape", "paddings"};
constexpr std::string_view kNamesToSpace[] = {"input", "block_shape", "crops"};
constexpr TypeAttr kTypesToBatch[] = {{"T", 0}, {"Tblock_shape", 1}, {"Tpaddings", 2}};
constexpr TypeAttr kTypesToSpace[] = {{"T", 0}, {"Tblock_shape", 1}, {"Tcrops", 2}};

}  // namespace

constinit const OpRecord kSpaceToBatchND = {.name = "SpaceToBatchND",
                                            .input_names = kNamesToBatch,
                                            .output_names = kNamesOutput,
                                            .types = kTypesToBatch,
                                            .infer = infer_to_batch,
                                            .kernel = to_batch_kernel,
                                            .gradient = gradient_to_batch,
                                            .any_width = true};
constinit const OpRecord kBatchToSpaceND = {.name = "BatchToSpaceND",
                                            .input_names = kNamesToSpace,
                                            .output_names = kNamesOutput,
                                            .types = kTypesToSpace,
                                            .infer = infer_to_space,
                                            .kernel = to_space_kernel,
                                            .gradient = gradient_to_space,
                                            .any_width = true};

}  // namespace namesake::ops
