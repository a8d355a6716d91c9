// SeedGenerator: gives the seeds of a layer's random ops. Its state is a uint32 variable (seed, counter), as in Keras 3; the
// random ops themselves are stateless.
#pragma once

#include <cstdint>
#include <optional>

#include "namesake/base/export.h"
#include "namesake/ops/variable.h"

namespace namesake {
class LayerBase;
}

namespace namesake::nn {

class NAMESAKE_API SeedGenerator {
 public:
  /// Without a seed, one from the process-wide generator.
  explicit SeedGenerator(std::optional<std::int64_t> seed = std::nullopt);
  /// The same for a layer, whose seed_states() it joins.
  SeedGenerator(LayerBase& owner, std::optional<std::int64_t> seed);
  /// The next seed of a stateless random op: int32 of shape (2,).
  [[nodiscard]] Tensor next() const;
  [[nodiscard]] const Variable& state() const noexcept { return state_; }

 private:
  [[nodiscard]] Tensor next_by_ops() const;

  Variable state_;
};

}  // namespace namesake::nn
