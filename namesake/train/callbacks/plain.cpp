// LambdaCallback and TerminateOnNaN.
#include <fmt/format.h>

#include <cmath>

#include "namesake/base/error.h"
#include "namesake/base/json.h"
#include "namesake/train/callbacks.h"

namespace namesake {
namespace {

class TerminateOnNaNBody final : public CallbackBase {
 public:
  explicit TerminateOnNaNBody(TerminateOnNaNOptions options) : options_(options) {}

  void on_train_batch_end(std::int64_t batch, const Logs& logs) override {
    const double* loss = find_log(logs, "loss");
    if (loss == nullptr || std::isfinite(static_cast<float>(*loss))) return;
    if (options_.raise_error) {
      throw InvalidArgument({.subject = "loss",
                             .what = fmt::format("NaN or Inf loss encountered at batch {}.", batch),
                             .received = to_json(JsonValue(*loss)),
                             .fix = "a smaller learning rate, clipnorm, or data without NaN"});
    }
    run().print(fmt::format("Batch {}: Invalid loss, terminating training", batch));
    stop_training();
  }

 private:
  TerminateOnNaNOptions options_;
};

class LambdaBody final : public CallbackBase {
 public:
  explicit LambdaBody(LambdaCallbackOptions options) : options_(std::move(options)) {}
  void on_epoch_begin(std::int64_t epoch) override { call(options_.on_epoch_begin, epoch); }
  void on_epoch_end(std::int64_t epoch, Logs& logs) override { call(options_.on_epoch_end, epoch, logs); }
  void on_train_begin() override { call(options_.on_train_begin); }
  void on_train_end(const Logs& logs) override { call(options_.on_train_end, logs); }
  void on_train_batch_begin(std::int64_t batch) override { call(options_.on_train_batch_begin, batch); }
  void on_train_batch_end(std::int64_t batch, const Logs& logs) override { call(options_.on_train_batch_end, batch, logs); }

 private:
  template <class Function, class... Arguments>
  static void call(const Function& function, const Arguments&... arguments) {
    if (function) function(arguments...);
  }
  LambdaCallbackOptions options_;
};

}  // namespace

TerminateOnNaN::TerminateOnNaN(TerminateOnNaNOptions options) : Callback(std::make_shared<TerminateOnNaNBody>(options)) {}
LambdaCallback::LambdaCallback(LambdaCallbackOptions options) : Callback(std::make_shared<LambdaBody>(std::move(options))) {}

}  // namespace namesake
