// The metric behind the word "accuracy". Internal to nn.
#pragma once

#include <memory>
#include <string>

#include "namesake/nn/metrics.h"

namespace namesake::nn {

/// Binary, sparse or categorical accuracy, as the shapes of the first update say.
[[nodiscard]] std::shared_ptr<MetricBase> accuracy_by_shapes(std::string name);

}  // namespace namesake::nn
