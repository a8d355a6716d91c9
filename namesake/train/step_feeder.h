// StepFeeder: the batches of a run, pass after pass: rows in memory, in order or shuffled, or a caller's source. In order a batch
// of rows is a view of them; shuffled, a copy. A steady loop that gives the same StepBatch again asks for no memory.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "namesake/nn/training_data.h"
#include "namesake/train/feeds.h"

namespace namesake::train {

class StepFeeder {
 public:
  StepFeeder() = default;
  StepFeeder(const StepFeeder&) = delete;
  StepFeeder& operator=(const StepFeeder&) = delete;
  virtual ~StepFeeder() = default;

  /// Batches a pass, if that is known.
  [[nodiscard]] virtual std::optional<std::int64_t> steps() const = 0;
  /// Rows a pass, if that is known.
  [[nodiscard]] virtual std::optional<std::int64_t> rows() const { return std::nullopt; }
  /// Begins a pass; `seed` decides its order if there is shuffling.
  virtual void begin_pass(std::int64_t pass, std::uint64_t seed) = 0;
  /// The next batch; false if the pass is over.
  virtual bool next(StepBatch& batch) = 0;
  /// Passes over batches of this pass.
  virtual void skip(std::int64_t batches);
};

/// Rows in memory.
class RowFeeder final : public StepFeeder {
 public:
  /// `data.rows` rows. Throws InvalidArgument for a batch size below 1.
  RowFeeder(StepBatch data, std::int64_t batch_size, bool shuffle);
  [[nodiscard]] std::optional<std::int64_t> steps() const override { return (data_.rows + batch_size_ - 1) / batch_size_; }
  [[nodiscard]] std::optional<std::int64_t> rows() const override { return data_.rows; }
  void begin_pass(std::int64_t pass, std::uint64_t seed) override;
  /// The last batch has what is left.
  bool next(StepBatch& batch) override;
  void skip(std::int64_t batches) override { place_ += batches * batch_size_; }

 private:
  void take(const Tensors& all, Tensors& batch, std::int64_t end) const;
  [[nodiscard]] Tensor gather(const Tensor& all, std::int64_t end) const;

  StepBatch data_;
  std::int64_t batch_size_;
  bool shuffle_;
  std::int64_t place_ = 0;           // the first row of the next batch
  std::vector<std::int64_t> order_;  // empty: as they stand
};

/// A caller's source.
class SourceFeeder final : public StepFeeder {
 public:
  SourceFeeder(std::shared_ptr<BatchSource> source, FeedNames names, std::vector<bool> has_loss, std::map<std::int64_t, double> class_weight);
  [[nodiscard]] std::optional<std::int64_t> steps() const override { return source_->steps(); }
  void begin_pass(std::int64_t pass, std::uint64_t seed) override;
  bool next(StepBatch& batch) override;

 private:
  std::shared_ptr<BatchSource> source_;
  FeedNames names_;
  std::vector<bool> has_loss_;
  std::map<std::int64_t, double> class_weight_;
};

struct FeederOptions {
  std::optional<std::int64_t> batch_size = std::nullopt;
  std::optional<std::int64_t> steps = std::nullopt;  // batches an epoch, where batch_size is left out
  bool shuffle = false;
  std::map<std::int64_t, double> class_weight = {};
  std::vector<bool> has_loss = {};
};
/// Throws what step_batch throws; InvalidArgument for sizes below 1.
[[nodiscard]] std::unique_ptr<StepFeeder> make_feeder(const TrainingData& data, const FeedNames& names, const FeederOptions& options);

/// The numbers 0 .. count - 1 in an order that `seed` alone decides.
void shuffled_order(std::vector<std::int64_t>& order, std::int64_t count, std::uint64_t seed);

/// The first and the other rows of `all`.
struct SplitRows {
  StepBatch first, rest;
};
[[nodiscard]] SplitRows split_rows(const StepBatch& all, std::int64_t first);

}  // namespace namesake::train
