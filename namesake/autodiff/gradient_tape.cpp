#include "namesake/autodiff/gradient_tape.h"

#include <fmt/format.h>

#include <array>
#include <memory>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"
#include "namesake/ops/shaping.h"

namespace namesake {
namespace {

constexpr std::size_t kInline = 3;  // inputs that stand inside an entry

template <class T>
using PoolVector = std::vector<T, base::PoolAllocator<T>>;

// From a tensor's identity to its number on the tape: open addressing, kept at most half full.
class TensorIndex {
 public:
  [[nodiscard]] int find(const void* id) const {
    if (slots_.empty()) return -1;
    for (std::size_t i = hash(id);; i = (i + 1) & mask()) {
      if (slots_[i].id == id) return slots_[i].number;
      if (slots_[i].id == nullptr) return -1;
    }
  }
  void insert(const void* id, int number) {
    if (2 * (count_ + 1) > slots_.size()) grow();
    place(id, number);
    ++count_;
  }
  void clear() {
    for (Slot& slot : slots_) slot = {};
    count_ = 0;
  }

 private:
  struct Slot {
    const void* id = nullptr;
    int number = 0;
  };
  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
  [[nodiscard]] std::size_t hash(const void* id) const {
    return ((reinterpret_cast<std::uintptr_t>(id) >> 6) * 0x9E3779B97F4A7C15ULL >> 32) & mask();  // bodies are 64-aligned
  }
  void place(const void* id, int number) {
    std::size_t i = hash(id);
    while (slots_[i].id != nullptr) i = (i + 1) & mask();
    slots_[i] = {id, number};
  }
  void grow() {
    PoolVector<Slot> old = std::move(slots_);
    slots_ = PoolVector<Slot>(old.empty() ? 64 : old.size() * 2);
    for (const Slot& slot : old) {
      if (slot.id != nullptr) place(slot.id, slot.number);
    }
  }
  PoolVector<Slot> slots_;
  std::size_t count_ = 0;
};

}  // namespace

// One recorded op. Inputs beyond three and outputs beyond one stand in `more`.
struct GradientTape::Entry {
  const ops::OpRecord* op;
  ops::Attrs attrs;
  std::array<Tensor, kInline> inline_inputs;
  Tensor output;
  PoolVector<Tensor> more;  // all inputs, then all outputs, if they do not fit inline
  std::uint16_t inputs = 0;
  std::uint16_t outputs = 1;

  [[nodiscard]] std::span<const Tensor> input_span() const {
    return more.empty() ? std::span<const Tensor>(inline_inputs.data(), inputs) : std::span<const Tensor>(more.data(), inputs);
  }
  [[nodiscard]] std::span<const Tensor> output_span() const {
    return more.empty() ? std::span<const Tensor>(&output, 1) : std::span<const Tensor>(more.data() + inputs, outputs);
  }
};

struct GradientTape::Storage {
  struct Watched {
    const void* variable;
    Tensor value;
  };
  PoolVector<Entry> entries;
  PoolVector<Watched> variables;
  PoolVector<Tensor> watched_tensors;  // kept alive, so that an identity is not given twice
  PoolVector<Tensor> gradients;        // by number; only during gradient()
  TensorIndex index;
  int numbers = 0;

  int number(const Tensor& tensor) {
    index.insert(tensor.id(), numbers);
    return numbers++;
  }
  void clear() {
    entries.clear();
    variables.clear();
    watched_tensors.clear();
    gradients.clear();
    index.clear();
    numbers = 0;
  }

  static thread_local Storage* spare;
  static Storage* take() {
    if (spare == nullptr) return new Storage;
    Storage* storage = spare;
    spare = nullptr;
    return storage;
  }
  static void give(Storage* storage) {
    storage->clear();
    // The guard frees the spare one at the end of the thread.
    struct Guard {
      bool closed = false;
      ~Guard() {
        delete spare;
        spare = nullptr;
        closed = true;
      }
    };
    thread_local Guard guard;
    if (spare != nullptr || guard.closed) {
      delete storage;
    } else {
      spare = storage;
    }
  }
};
thread_local constinit GradientTape::Storage* GradientTape::Storage::spare = nullptr;

GradientTape::GradientTape(GradientTapeOptions options) : options_(options), storage_(Storage::take()) { start(); }

GradientTape::~GradientTape() {
  stop();
  Storage::give(storage_);
}

void GradientTape::reset() {
  storage_->clear();
  used_ = false;
  start();
}

void GradientTape::watch(const Tensor& tensor) {
  if (storage_->index.find(tensor.id()) >= 0) return;
  storage_->number(tensor);
  storage_->watched_tensors.push_back(tensor);
}

void GradientTape::watch(const Variable& variable) {
  const ops::StopRecording quiet;
  const Tensor value = variable.value();
  if (storage_->index.find(value.id()) >= 0) return;
  storage_->number(value);
  storage_->variables.push_back({variable.id(), value});
}

void GradientTape::on_read(const Variable& variable, const Tensor& value) {
  if (!options_.watch_accessed_variables || !variable.trainable() || !is_floating(variable.dtype())) return;
  if (storage_->index.find(value.id()) >= 0) return;
  storage_->number(value);
  storage_->variables.push_back({variable.id(), value});
}

void GradientTape::on_op(const ops::OpRecord& op, std::span<const Tensor> inputs, const ops::Attrs& attrs,
                         std::span<const Tensor> outputs) {
  bool depends = false;
  for (const Tensor& input : inputs) depends = depends || storage_->index.find(input.id()) >= 0;
  if (!depends || op.blocks_gradient || outputs[0].is_symbolic()) return;
  Entry& entry = storage_->entries.emplace_back();
  entry.op = &op;
  entry.attrs = attrs;
  entry.inputs = static_cast<std::uint16_t>(inputs.size());
  entry.outputs = static_cast<std::uint16_t>(outputs.size());
  if (inputs.size() <= kInline && outputs.size() == 1) {
    for (std::size_t i = 0; i < inputs.size(); ++i) entry.inline_inputs[i] = inputs[i];
    entry.output = outputs[0];
  } else {
    entry.more.reserve(inputs.size() + outputs.size());
    entry.more.insert(entry.more.end(), inputs.begin(), inputs.end());
    entry.more.insert(entry.more.end(), outputs.begin(), outputs.end());
  }
  for (const Tensor& output : outputs) {
    if (storage_->index.find(output.id()) < 0) storage_->number(output);
  }
}

void GradientTape::accumulate(const Tensor& tensor, const Tensor& gradient) {
  const int number = storage_->index.find(tensor.id());
  if (number < 0) return;
  Tensor& sum = storage_->gradients[static_cast<std::size_t>(number)];
  sum = sum.defined() ? add(sum, gradient) : gradient;
}

void GradientTape::step_back(const Entry& entry) {
  const auto outputs = entry.output_span();
  std::array<Tensor, ops::OpRecord::kFewOutputs> few_outputs;
  PoolVector<Tensor> many_outputs(outputs.size() > few_outputs.size() ? outputs.size() : 0);
  const std::span<Tensor> output_gradients =
      many_outputs.empty() ? std::span<Tensor>(few_outputs.data(), outputs.size()) : std::span<Tensor>(many_outputs);
  bool reached = false;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const int number = storage_->index.find(outputs[i].id());
    output_gradients[i] = storage_->gradients[static_cast<std::size_t>(number)];
    reached = reached || output_gradients[i].defined();
  }
  if (!reached) return;
  if (entry.op->gradient == nullptr) {
    throw Unsupported({.subject = std::string(entry.op->name),
                       .what = fmt::format("The op {} has no gradient.", entry.op->name),
                       .fix = "put stop_gradient(...) around its result, or compute it outside the tape"});
  }
  const auto inputs = entry.input_span();
  // Nearly every op has few inputs; a variadic one (Concat) takes its room from the pool.
  std::array<Tensor, kInline> few;
  std::array<bool, kInline> few_needs{};
  PoolVector<Tensor> many(inputs.size() > kInline ? inputs.size() : 0);
  PoolVector<unsigned char> many_needs(many.size() * sizeof(bool));
  const std::span<Tensor> gradients = many.empty() ? std::span<Tensor>(few.data(), inputs.size()) : std::span<Tensor>(many);
  const std::span<bool> needs(many.empty() ? few_needs.data() : reinterpret_cast<bool*>(many_needs.data()), inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) needs[i] = storage_->index.find(inputs[i].id()) >= 0;
  entry.op->gradient({*entry.op, inputs, entry.attrs, outputs, output_gradients, needs, gradients});
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (needs[i] && gradients[i].defined()) accumulate(inputs[i], gradients[i]);
  }
}

void GradientTape::begin_gradient(const Tensor& target, const Tensor& output_gradient) {
  if (used_ && !options_.persistent) {
    throw InvalidArgument({.what = "gradient() was called twice on a tape that is not persistent.",
                           .fix = "GradientTape tape({.persistent = true})"});
  }
  if (!target.defined() || target.is_symbolic()) {
    throw InvalidArgument({.what = "The target of gradient() has no numbers.", .expected = "an eager tensor"});
  }
  if (output_gradient.defined() && output_gradient.shape() != target.shape()) {
    throw ShapeMismatch({.what = "The output gradient does not fit the target.",
                         .expected = to_string(target.shape()),
                         .received = to_string(output_gradient.shape())});
  }
  used_ = true;
  stop();
  storage_->gradients.assign(static_cast<std::size_t>(storage_->numbers), Tensor());
  accumulate(target, output_gradient.defined() ? output_gradient : ones_like(target));
}

void GradientTape::propagate(bool keep) {
  for (auto entry = storage_->entries.rbegin(); entry != storage_->entries.rend(); ++entry) {
    step_back(*entry);
    if (!keep) *entry = Entry{};  // frees what the forward pass kept
  }
}

void GradientTape::end_gradient() {
  storage_->gradients.clear();
  if (options_.persistent) {
    start();
  } else {
    storage_->clear();
  }
}

Tensor GradientTape::gradient_of(const Tensor& tensor) const {
  const int number = storage_->index.find(tensor.id());
  return number < 0 ? Tensor() : storage_->gradients[static_cast<std::size_t>(number)];
}

Tensor GradientTape::gradient_of(const Variable& variable) const {
  Tensor sum;  // over the values that the variable had while the tape recorded
  for (const Storage::Watched& watched : storage_->variables) {
    if (watched.variable != variable.id()) continue;
    const Tensor gradient = gradient_of(watched.value);
    if (gradient.defined()) sum = sum.defined() ? add(sum, gradient) : gradient;
  }
  return sum;
}

void GradientTape::gradient_into(const Tensor& target, std::span<const Variable> sources, std::span<Tensor> gradients,
                                 const Tensor& output_gradient) {
  begin_gradient(target, output_gradient);
  propagate(options_.persistent);
  for (std::size_t i = 0; i < sources.size(); ++i) gradients[i] = gradient_of(sources[i]);
  end_gradient();
}

Gradients GradientTape::gradient(const Tensor& target, const std::vector<Variable>& sources, const Tensor& output_gradient) {
  Gradients gradients{Tensors(sources.size()), sources};
  gradient_into(target, sources, gradients.values, output_gradient);
  return gradients;
}

Tensors GradientTape::gradient(const Tensor& target, const Tensors& sources, const Tensor& output_gradient) {
  begin_gradient(target, output_gradient);
  propagate(options_.persistent);
  Tensors gradients;
  gradients.reserve(sources.size());
  for (const Tensor& source : sources) gradients.push_back(gradient_of(source));
  end_gradient();
  return gradients;
}

template <class Source>
Tensor GradientTape::jacobian_by(const Tensor& target, const Source& source) {
  begin_gradient(target, {});
  const std::int64_t n = target.size();
  const Tensor rows = reshape(eye(n, n, target.dtype()), {n, n});
  Tensors gradients(static_cast<std::size_t>(n));
  bool reached = false;
  for (std::int64_t i = 0; i < n; ++i) {
    storage_->gradients.assign(static_cast<std::size_t>(storage_->numbers), Tensor());
    accumulate(target, reshape(rows.rows(i, i + 1), target.shape()));
    propagate(options_.persistent || i + 1 < n);
    gradients[static_cast<std::size_t>(i)] = gradient_of(source);
    reached = reached || gradients[static_cast<std::size_t>(i)].defined();
  }
  end_gradient();
  if (!reached) return {};
  for (Tensor& gradient : gradients) {
    if (!gradient.defined()) gradient = zeros(source.shape(), source.dtype());
  }
  Shape shape = target.shape();
  for (const std::int64_t size : source.shape().sizes()) shape.push_back(size);
  return reshape(stack(gradients), shape);
}
Tensor GradientTape::jacobian(const Tensor& target, const Tensor& source) { return jacobian_by(target, source); }
Tensor GradientTape::jacobian(const Tensor& target, const Variable& source) { return jacobian_by(target, source); }

Tensor GradientTape::gradient(const Tensor& target, const Tensor& source) { return gradient(target, Tensors{source})[0]; }

Tensor GradientTape::gradient(const Tensor& target, const Variable& source) {
  return gradient(target, std::vector<Variable>{source})[0];
}

}  // namespace namesake
