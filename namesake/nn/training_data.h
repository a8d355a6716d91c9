// What fit, evaluate and predict read: rows held in memory, or batches from a source: a function, a range, or a loader of
// one's own.
//   model.fit(nk::TrainingData([&]() -> std::optional<nk::Batch> { return reader.next(); }), {.epochs = 3, .steps_per_epoch = 100});
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <utility>

#include "namesake/base/export.h"
#include "namesake/tensor/feed.h"

namespace namesake {

/// Rows of one step; inputs, targets and weights have equally many.
struct Batch {
  Feed x;
  Feed y = {};
  Feed sample_weight = {};
};

/// A loader of batches. It is read in passes: begin_pass, then next until the pass is over. An epoch is a pass, unless
/// `steps_per_epoch` says otherwise: then epochs follow each other through the passes.
class NAMESAKE_API BatchSource {
 public:
  BatchSource() = default;
  BatchSource(const BatchSource&) = delete;
  BatchSource& operator=(const BatchSource&) = delete;
  virtual ~BatchSource();

  /// How many batches a pass has, if that is known.
  [[nodiscard]] virtual std::optional<std::int64_t> steps() const { return std::nullopt; }
  /// Begins pass `pass`, from 0, at its first batch. A run that goes on after a restart begins where it was.
  virtual void begin_pass(std::int64_t /*pass*/) {}
  /// Gives the next batch; false if the pass is over.
  virtual bool next(Batch& batch) = 0;
};

/// Rows with targets and weights, or a source of batches.
class NAMESAKE_API TrainingData {
 public:
  /// Rows in memory.
  TrainingData(Feed x, Feed y, Feed sample_weight = {}) : x_(std::move(x)), y_(std::move(y)), sample_weight_(std::move(sample_weight)) {}
  template <std::derived_from<BatchSource> Source>
  TrainingData(std::shared_ptr<Source> source) : source_(std::move(source)) {}  // NOLINT(google-explicit-constructor)
  /// A function that gives the next batch, and nothing where a pass is over; called again it begins the next pass. An
  /// endless one needs steps_per_epoch.
  template <class Function>
    requires std::is_invocable_r_v<std::optional<Batch>, Function&>
  TrainingData(Function function) : source_(std::make_shared<FunctionSource>(std::move(function))) {}  // NOLINT(google-explicit-constructor)
  /// A range of batches; a pass goes through all of it.
  template <std::ranges::input_range Range>
    requires std::convertible_to<std::ranges::range_reference_t<const Range>, Batch>
  TrainingData(Range batches) : source_(std::make_shared<RangeSource<Range>>(std::move(batches))) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] const Feed& x() const noexcept { return x_; }
  [[nodiscard]] const Feed& y() const noexcept { return y_; }
  [[nodiscard]] const Feed& sample_weight() const noexcept { return sample_weight_; }
  /// Null for rows in memory.
  [[nodiscard]] const std::shared_ptr<BatchSource>& source() const noexcept { return source_; }

 private:
  class NAMESAKE_API FunctionSource final : public BatchSource {
   public:
    explicit FunctionSource(std::function<std::optional<Batch>()> function) : function_(std::move(function)) {}
    bool next(Batch& batch) override;

   private:
    std::function<std::optional<Batch>()> function_;
  };
  template <class Range>
  class RangeSource final : public BatchSource {
   public:
    explicit RangeSource(Range batches) : batches_(std::move(batches)) {}
    [[nodiscard]] std::optional<std::int64_t> steps() const override {
      if constexpr (std::ranges::sized_range<const Range>) return static_cast<std::int64_t>(std::ranges::size(batches_));
      return std::nullopt;
    }
    void begin_pass(std::int64_t) override { place_ = std::ranges::begin(std::as_const(batches_)); }
    bool next(Batch& batch) override {
      if (!place_ || *place_ == std::ranges::end(std::as_const(batches_))) return false;
      batch = **place_;
      ++*place_;
      return true;
    }

   private:
    Range batches_;
    std::optional<std::ranges::iterator_t<const Range>> place_;
  };

  Feed x_, y_, sample_weight_;
  std::shared_ptr<BatchSource> source_;
};

}  // namespace namesake
