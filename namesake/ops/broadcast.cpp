#include "namesake/ops/broadcast.h"

#include <algorithm>
#include <cstring>

#include "namesake/ops/reduce.h"
#include "namesake/ops/shape_rules.h"
#include "namesake/ops/shaping.h"

namespace namesake::ops {
namespace {

struct Bytes {
  std::byte* out;
  const std::byte *a, *b;
  std::size_t in_width, out_width;
};

BinaryLoop loop_for(const BinaryLoops& loops, std::int64_t a_stride, std::int64_t b_stride) {
  return a_stride == 0 ? loops.one_a : b_stride == 0 ? loops.one_b : loops.both;
}

// A short row against many: the row is laid out several times, so that a loop has something to do.
constexpr std::int64_t kShortRow = 32;
constexpr std::size_t kTileBytes = 2048;

bool run_short_rows(const WalkPlan<2>& plan, const BinaryLoops& loops, const Bytes& bytes) {
  if (plan.rank != 2) return false;
  const auto &outer = plan.axes[0], &inner = plan.axes[1];
  const std::int64_t row = inner.size;
  if (row > kShortRow || outer.size < 4 || inner.stride[0] != 1 || inner.stride[1] != 1) return false;
  const int still = outer.stride[0] == 0 ? 0 : 1;  // the input that is one row
  if (outer.stride[static_cast<std::size_t>(still)] != 0 || outer.stride[static_cast<std::size_t>(1 - still)] != row)
    return false;
  alignas(64) std::array<std::byte, kTileBytes> tile;
  const std::size_t row_bytes = static_cast<std::size_t>(row) * bytes.in_width;
  const std::int64_t together = std::min<std::int64_t>(static_cast<std::int64_t>(kTileBytes / row_bytes), outer.size);
  for (std::int64_t k = 0; k < together; ++k) {
    std::memcpy(tile.data() + static_cast<std::size_t>(k) * row_bytes, still == 0 ? bytes.a : bytes.b, row_bytes);
  }
  for (std::int64_t r = 0; r < outer.size; r += together) {
    const std::int64_t n = std::min(together, outer.size - r) * row;
    const auto at = static_cast<std::size_t>(r * row);
    loops.both(bytes.out + at * bytes.out_width, still == 0 ? tile.data() : bytes.a + at * bytes.in_width,
               still == 1 ? tile.data() : bytes.b + at * bytes.in_width, n);
  }
  return true;
}

}  // namespace

void infer_floating_broadcast(const InferContext& c) {
  check_floating(c, 0);
  infer_broadcast(c);
}

void run_binary(const KernelContext& c, const BinaryLoops& loops) {
  const Tensor &a = c.inputs[0], &b = c.inputs[1], &out = c.outputs[0];
  const std::int64_t n = out.size();
  if (n == 0) return;
  if (a.shape() == b.shape()) return loops.both(out.raw(), a.raw(), b.raw(), n);
  if (b.size() == 1) return loops.one_b(out.raw(), a.raw(), b.raw(), n);
  if (a.size() == 1) return loops.one_a(out.raw(), a.raw(), b.raw(), n);
  const WalkPlan<2> plan(out.shape(), {&a.shape(), &b.shape()});
  const Bytes bytes{out.raw(), a.raw(), b.raw(), size_of(a.dtype()), size_of(out.dtype())};
  if (run_short_rows(plan, loops, bytes)) return;
  const auto& inner = plan.axes[static_cast<std::size_t>(plan.rank) - 1];
  const BinaryLoop loop = loop_for(loops, inner.stride[0], inner.stride[1]);
  plan.each_run([&](const std::array<std::int64_t, 2>& offset, std::int64_t at) {
    loop(bytes.out + static_cast<std::size_t>(at) * bytes.out_width,
         bytes.a + static_cast<std::size_t>(offset[0]) * bytes.in_width,
         bytes.b + static_cast<std::size_t>(offset[1]) * bytes.in_width, inner.size);
  });
}

Tensor sum_to_shape(const Tensor& gradient, const Shape& shape) {
  const Shape& from = gradient.shape();
  if (from == shape || !from.known_rank() || !shape.known_rank()) return gradient;
  const int shift = from.rank() - shape.rank();
  std::array<std::int64_t, Shape::kMaxRank> axes{};
  std::size_t count = 0;
  for (int i = 0; i < from.rank(); ++i) {
    if (i < shift || (shape[i - shift] == 1 && from[i] != 1)) axes[count++] = i;
  }
  if (count == 0) return gradient;
  Tensor summed = sum(gradient, Axes(std::span<const std::int64_t>(axes.data(), count)), shift == 0);
  return shift == 0 || summed.shape() == shape ? summed : reshape(summed, shape);
}

}  // namespace namesake::ops
