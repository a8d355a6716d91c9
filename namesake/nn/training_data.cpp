#include "namesake/nn/training_data.h"

namespace namesake {

BatchSource::~BatchSource() = default;

bool TrainingData::FunctionSource::next(Batch& batch) {
  auto given = function_();
  if (!given) return false;
  batch = std::move(*given);
  return true;
}

}  // namespace namesake
