#include "namesake/train/run.h"

#include <string>

#include "namesake/train/progress.h"

namespace namesake::train {

CallbackCalls::CallbackCalls(std::span<const Callback> callbacks, TrainingRun& run) : callbacks_(callbacks), run_(run) {
  for (const Callback& callback : callbacks_) outer_.push_back(callback.body().exchange_run(&run_));
}

CallbackCalls::~CallbackCalls() {
  for (std::size_t i = callbacks_.size(); i-- > 0;) callbacks_[i].body().exchange_run(outer_[i]);
}

void PlainRun::print(std::string_view line) { Screen::standard_output().write(std::string(line) + "\n"); }

}  // namespace namesake::train
