#include "namesake/ops/onednn_primitives.h"

#include <algorithm>

#include "namesake/base/pool.h"
#include "namesake/ops/onednn.h"

namespace namesake::ops {
namespace {

dnnl::stream& stream_of_thread() {
  thread_local dnnl::stream stream(onednn_engine());
  return stream;
}

// Room from the pool for the length of a call.
class Room {
 public:
  explicit Room(std::size_t bytes) : bytes_(bytes), block_(bytes == 0 ? nullptr : base::pool_allocate(bytes)) {}
  ~Room() { base::pool_free(block_, bytes_); }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  [[nodiscard]] void* get() const { return block_; }

 private:
  std::size_t bytes_;
  void* block_;
};

dnnl::memory empty_memory(const dnnl::memory::desc& desc) { return {desc, onednn_engine(), nullptr}; }

void execute(const dnnl::primitive& primitive, std::span<const dnnl_exec_arg_t> arguments) {
  dnnl::error::wrap_c_api(dnnl_primitive_execute(primitive.get(), stream_of_thread().get(),
                                                 static_cast<int>(arguments.size()), arguments.data()),
                          "oneDNN did not run a primitive");
}

}  // namespace

const dnnl::engine& onednn_engine() {
  static const auto* engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

BoundPrimitive::BoundPrimitive(const dnnl::primitive& primitive, const dnnl::memory::desc& scratchpad,
                               std::span<const Argument> arguments)
    : primitive_(primitive), scratchpad_(empty_memory(scratchpad)), scratchpad_bytes_(scratchpad.get_size()) {
  for (const Argument& a : arguments) {
    Bound bound{a.index, a.output, 0, empty_memory(a.user), {}, {}};
    if (a.user != a.wanted) {
      bound.room = a.wanted.get_size();
      bound.wanted = empty_memory(a.wanted);
      const dnnl::memory &from = a.output ? bound.wanted : bound.user, &to = a.output ? bound.user : bound.wanted;
      bound.reorder = dnnl::reorder(from, to);
    }
    bound_.push_back(std::move(bound));
  }
  for (const Bound& bound : bound_)
    execution_.push_back({bound.index, bound.room != 0 ? bound.wanted.get() : bound.user.get()});
  if (scratchpad_bytes_ != 0) execution_.push_back({DNNL_ARG_SCRATCHPAD, scratchpad_.get()});
}

void BoundPrimitive::reorder(const Bound& bound) const {
  const dnnl::memory &from = bound.output ? bound.wanted : bound.user, &to = bound.output ? bound.user : bound.wanted;
  const std::array<dnnl_exec_arg_t, 2> arguments = {{{DNNL_ARG_FROM, from.get()}, {DNNL_ARG_TO, to.get()}}};
  execute(bound.reorder, arguments);
}

// Small arrays are reordered in no time.
constexpr std::size_t kWorthKeeping = std::size_t{1} << 18;  // bytes
constexpr std::size_t kMostKept = std::size_t{1} << 27;      // of a thread
thread_local constinit std::size_t bytes_kept = 0;

bool BoundPrimitive::may_keep(const Bound& bound, const float* array, std::int64_t step, const Tensor* lasting) const {
  if (lasting == nullptr || bound.output || bound.room < kWorthKeeping || step != 0 || array != lasting->raw_as<float>()) return false;
  return kept_.defined() || bytes_kept + bound.room <= kMostKept;
}

// An address that is held is nobody else's, and what is there does not change.
void BoundPrimitive::keep(Bound& bound, const Tensor& lasting) {
  if (kept_.defined() && kept_.raw() == lasting.raw()) return bound.wanted.set_data_handle(reordered_.data());
  if (!kept_.defined()) {
    reordered_.resize(bound.room);
    bytes_kept += bound.room;
  }
  kept_ = lasting;
  bound.user.set_data_handle(kept_.raw());
  bound.wanted.set_data_handle(reordered_.data());
  reorder(bound);
}

void BoundPrimitive::forget() {
  bytes_kept -= reordered_.size();
  reordered_ = {};
  kept_ = Tensor();
}

void BoundPrimitive::forget_if_alone() {
  if (kept_.defined() && kept_.exclusive()) forget();
}

void BoundPrimitive::run(std::span<float* const> arrays) {
  constexpr std::array<std::int64_t, 8> kNoSteps{};
  run_each(arrays, kNoSteps, 1, [](void*, std::int64_t) {}, nullptr);
}

void BoundPrimitive::run_each(std::span<float* const> arrays, std::span<const std::int64_t> steps, std::int64_t times,
                              void (*after)(void* context, std::int64_t time), void* context, const Tensor* lasting) {
  use_one_openmp_thread();
  // One block for the scratchpad and every array in another layout.
  constexpr std::size_t kAlign = base::kPoolAlignment;
  const auto padded = [](std::size_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; };
  std::size_t bytes = padded(scratchpad_bytes_);
  std::uint32_t kept = 0;  // bits
  for (std::size_t i = 0; i < bound_.size(); ++i) {
    if (may_keep(bound_[i], arrays[i], steps[i], lasting)) {
      kept |= 1u << i;
    } else {
      bytes += padded(bound_[i].room);
    }
  }
  const Room room(bytes);
  auto* at = static_cast<std::byte*>(room.get());
  if (scratchpad_bytes_ != 0) scratchpad_.set_data_handle(at);
  at += padded(scratchpad_bytes_);
  for (std::size_t i = 0; i < bound_.size(); ++i) {
    Bound& bound = bound_[i];
    if ((kept >> i & 1) != 0) keep(bound, *lasting);
    if (bound.room == 0 || (kept >> i & 1) != 0) continue;
    bound.wanted.set_data_handle(at);
    at += padded(bound.room);
  }
  for (std::int64_t time = 0; time < times; ++time) {
    for (std::size_t i = 0; i < bound_.size(); ++i) {
      Bound& bound = bound_[i];
      bound.user.set_data_handle(arrays[i] + time * steps[i]);
      if (bound.room != 0 && !bound.output && (kept >> i & 1) == 0 && (time == 0 || steps[i] != 0)) reorder(bound);
    }
    execute(primitive_, execution_);
    for (const Bound& bound : bound_) {
      if (bound.room != 0 && bound.output) reorder(bound);
    }
    after(context, time);
  }
}

namespace {

// The primitives of a thread, with those used least recently falling out. Looked through from end to end: comparing two
// hundred hashes takes less time than the smallest convolution by far.
class PrimitiveCache {
 public:
  BoundPrimitive& find(const PrimitiveKey& key, std::unique_ptr<BoundPrimitive> (*make)(const PrimitiveKey&)) {
    const std::uint64_t hash = hash_of(key);
    ++now_;
    for (Entry& entry : entries_) {
      if (entry.hash != hash || entry.key != key) continue;
      entry.used = now_;
      return *entry.primitive;
    }
    for (const Entry& entry : entries_) entry.primitive->forget_if_alone();
    auto made = make(key);
    if (entries_.size() < kMost) {
      entries_.push_back({hash, now_, key, std::move(made)});
      return *entries_.back().primitive;
    }
    Entry& oldest = *std::min_element(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) { return a.used < b.used; });
    oldest = {hash, now_, key, std::move(made)};
    return *oldest.primitive;
  }

 private:
  static constexpr std::size_t kMost = 256;
  struct Entry {
    std::uint64_t hash, used;
    PrimitiveKey key;
    std::unique_ptr<BoundPrimitive> primitive;
  };
  static std::uint64_t hash_of(const PrimitiveKey& key) {
    std::uint64_t hash = 0xcbf29ce484222325u;
    for (const std::int64_t number : key) hash = (hash ^ static_cast<std::uint64_t>(number)) * 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 32;
  }
  std::vector<Entry> entries_;
  std::uint64_t now_ = 0;
};

}  // namespace

BoundPrimitive& bound_primitive(const PrimitiveKey& key, std::unique_ptr<BoundPrimitive> (*make)(const PrimitiveKey&)) {
  thread_local PrimitiveCache cache;
  return cache.find(key, make);
}

}  // namespace namesake::ops
