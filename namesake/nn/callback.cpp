#include "namesake/nn/callback.h"

#include <algorithm>

namespace namesake {

const double* find_log(const Logs& logs, std::string_view name) {
  const auto found = std::find_if(logs.begin(), logs.end(), [&](const auto& log) { return log.first == name; });
  return found == logs.end() ? nullptr : &found->second;
}

void set_log(Logs& logs, std::string_view name, double value) {
  const auto found = std::find_if(logs.begin(), logs.end(), [&](const auto& log) { return log.first == name; });
  if (found != logs.end()) {
    found->second = value;
  } else {
    logs.emplace_back(name, value);
  }
}

TrainingRun::~TrainingRun() = default;
CallbackBase::~CallbackBase() = default;

}  // namespace namesake
