#include "namesake/train/step_feeder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "namesake/base/error.h"

namespace namesake::train {
namespace {

// splitmix64 (Steele, Lea, Flood 2014): a counter-based generator, good enough for an order of rows.
std::uint64_t mix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

void check_positive(std::string_view what, std::int64_t value) {
  if (value >= 1) return;
  throw InvalidArgument({.subject = std::string(what), .what = fmt::format("{} is not positive.", what), .received = std::to_string(value)});
}

}  // namespace

void shuffled_order(std::vector<std::int64_t>& order, std::int64_t count, std::uint64_t seed) {
  order.resize(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[mix(seed) % i]);
}

void StepFeeder::skip(std::int64_t batches) {
  StepBatch passed_over;
  for (std::int64_t i = 0; i < batches && next(passed_over); ++i) {
  }
}

RowFeeder::RowFeeder(StepBatch data, std::int64_t batch_size, bool shuffle) : data_(std::move(data)), batch_size_(batch_size), shuffle_(shuffle) {
  check_positive("batch_size", batch_size_);
}

void RowFeeder::begin_pass(std::int64_t, std::uint64_t seed) {
  place_ = 0;
  if (shuffle_) shuffled_order(order_, data_.rows, seed);
}

Tensor RowFeeder::gather(const Tensor& all, std::int64_t end) const {
  Shape shape = all.shape();
  shape.set(0, end - place_);
  Tensor out = Tensor::empty(all.dtype(), shape);
  const std::size_t row = all.bytes().size() / static_cast<std::size_t>(data_.rows);
  for (std::int64_t i = place_; i < end; ++i) {
    const auto source = static_cast<std::size_t>(order_[static_cast<std::size_t>(i)]);
    std::memcpy(out.raw() + static_cast<std::size_t>(i - place_) * row, all.raw() + source * row, row);
  }
  return out;
}

void RowFeeder::take(const Tensors& all, Tensors& batch, std::int64_t end) const {
  batch.resize(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].defined()) {
      batch[i] = Tensor();
    } else {
      batch[i] = order_.empty() ? all[i].rows(place_, end) : gather(all[i], end);
    }
  }
}

bool RowFeeder::next(StepBatch& batch) {
  if (place_ >= data_.rows) return false;
  const std::int64_t end = std::min(data_.rows, place_ + batch_size_);
  take(data_.x, batch.x, end);
  take(data_.y, batch.y, end);
  take(data_.sample_weight, batch.sample_weight, end);
  batch.rows = end - place_;
  place_ = end;
  return true;
}

SourceFeeder::SourceFeeder(std::shared_ptr<BatchSource> source, FeedNames names, std::vector<bool> has_loss, std::map<std::int64_t, double> class_weight)
    : source_(std::move(source)), names_(std::move(names)), has_loss_(std::move(has_loss)), class_weight_(std::move(class_weight)) {}

void SourceFeeder::begin_pass(std::int64_t pass, std::uint64_t) { source_->begin_pass(pass); }

bool SourceFeeder::next(StepBatch& batch) {
  Batch given;
  if (!source_->next(given)) return false;
  batch = step_batch(given.x, given.y, given.sample_weight, names_, has_loss_);
  apply_class_weights(batch, class_weight_, names_);
  return true;
}

std::unique_ptr<StepFeeder> make_feeder(const TrainingData& data, const FeedNames& names, const FeederOptions& options) {
  if (options.steps) check_positive("steps", *options.steps);
  if (data.source()) return std::make_unique<SourceFeeder>(data.source(), names, options.has_loss, options.class_weight);
  StepBatch rows = step_batch(data.x(), data.y(), data.sample_weight(), names, options.has_loss);
  apply_class_weights(rows, options.class_weight, names);
  constexpr std::int64_t kUsualBatch = 32;
  std::int64_t batch_size = options.batch_size.value_or(kUsualBatch);
  if (!options.batch_size && options.steps) batch_size = (rows.rows + *options.steps - 1) / *options.steps;
  return std::make_unique<RowFeeder>(std::move(rows), batch_size, options.shuffle);
}

SplitRows split_rows(const StepBatch& all, std::int64_t first) {
  const auto part = [&](std::int64_t begin, std::int64_t end) {
    const auto cut = [&](const Tensors& tensors) {
      Tensors out;
      for (const Tensor& tensor : tensors) out.push_back(tensor.defined() ? tensor.rows(begin, end) : Tensor());
      return out;
    };
    return StepBatch{cut(all.x), cut(all.y), cut(all.sample_weight), end - begin};
  };
  return {part(0, first), part(first, all.rows)};
}

}  // namespace namesake::train
