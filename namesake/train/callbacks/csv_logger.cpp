#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <vector>

#include "namesake/base/descriptor.h"
#include "namesake/base/error.h"
#include "namesake/base/fault.h"
#include "namesake/base/json.h"
#include "namesake/base/size_limit.h"
#include "namesake/train/callbacks.h"

namespace namesake {
namespace {

class CsvBody final : public CallbackBase {
 public:
  explicit CsvBody(CSVLoggerOptions options) : options_(std::move(options)) {
    if (options_.separator.size() == 1) return;
    throw InvalidArgument({.subject = "separator", .what = "The separator is not one character.", .received = options_.separator});
  }

  void on_train_begin() override {
    const std::string name = options_.filename.string();
    file_ = base::Descriptor(::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (options_.append ? O_APPEND : O_TRUNC), 0666));
    if (file_.get() < 0) throw IoError(name, "opening", errno);
    keys_.clear();
    needs_header_ = end_of_file() <= 0;
    first_ = true;
  }

  void on_epoch_end(std::int64_t epoch, Logs& logs) override {
    if (std::exchange(first_, false)) choose_keys(logs);
    std::string line = std::to_string(epoch);
    for (const std::string& key : keys_) {
      line += options_.separator;
      const double* value = find_log(logs, key);
      line += value == nullptr ? "NA" : number(*value);
    }
    write(line);
  }

  void on_train_end(const Logs&) override {
    if (const int error = file_.close(); error != 0) throw IoError(options_.filename.string(), "closing", error);
  }

 private:
  // As Python prints a float, NaN and infinity too.
  static std::string number(double value) {
    const std::string text = to_json(JsonValue(value));
    if (text == "NaN") return "nan";
    if (text == "Infinity") return "inf";
    return text == "-Infinity" ? "-inf" : text;
  }

  void choose_keys(const Logs& logs) {
    for (const auto& [name, value] : logs) keys_.push_back(name);
    std::sort(keys_.begin(), keys_.end());
    const bool validated = std::any_of(keys_.begin(), keys_.end(), [](const std::string& key) { return key.starts_with("val_"); });
    // As Keras: columns for a validation that comes in a later epoch.
    for (std::size_t i = 0, count = keys_.size(); !validated && i < count; ++i) keys_.push_back("val_" + keys_[i]);
    if (!needs_header_) return;
    std::string line = "epoch";
    for (const std::string& key : keys_) line += options_.separator + key;
    write(line);
  }

  // -1 if it is no file on disk, but a pipe or terminal.
  [[nodiscard]] off_t end_of_file() const { return ::lseek(file_.get(), 0, SEEK_END); }

  void write(const std::string& line) {
    const std::string text = line + "\r\n";  // the line end of Python's csv module
    const off_t start = end_of_file();
    for (std::string_view rest = text; !rest.empty();) {
      int error = base::fault_at(base::FaultStep::kWrite);
      if (error == 0 && start >= 0 && base::exceeds_size_limit(static_cast<std::uint64_t>(start) + text.size())) error = EFBIG;
      const ssize_t written = error == 0 ? ::write(file_.get(), rest.data(), rest.size()) : -1;
      if (written >= 0) {
        rest.remove_prefix(static_cast<std::size_t>(written));
      } else if (error != 0 || errno != EINTR) {
        fail(start, error != 0 ? error : errno);
      }
    }
  }

  // What was written before stays readable: no half a line at its end.
  [[noreturn]] void fail(off_t start, int error) const {
    if (start >= 0) (void)!::ftruncate(file_.get(), start);
    throw IoError(options_.filename.string(), "writing", error);
  }

  CSVLoggerOptions options_;
  base::Descriptor file_;
  std::vector<std::string> keys_;
  bool needs_header_ = true, first_ = true;
};

}  // namespace

CSVLogger::CSVLogger(CSVLoggerOptions options) : Callback(std::make_shared<CsvBody>(std::move(options))) {}

}  // namespace namesake
