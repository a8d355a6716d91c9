#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/base/json.h"
#include "namesake/train/callbacks.h"

namespace namesake {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

class CsvBody final : public CallbackBase {
 public:
  explicit CsvBody(CSVLoggerOptions options) : options_(std::move(options)) {
    if (options_.separator.size() == 1) return;
    throw InvalidArgument({.subject = "separator", .what = "The separator is not one character.", .received = options_.separator});
  }

  void on_train_begin() override {
    const std::string name = options_.filename.string();
    bool has_content = false;
    if (options_.append) {
      const File old(std::fopen(name.c_str(), "rb"));
      has_content = old && std::fgetc(old.get()) != EOF;
    }
    file_.reset(std::fopen(name.c_str(), options_.append ? "ab" : "wb"));
    if (!file_) throw IoError(name, "opening", errno);
    keys_.clear();
    needs_header_ = !has_content;
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

  void on_train_end(const Logs&) override { file_.reset(); }

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

  void write(const std::string& line) {
    const std::string text = line + "\r\n";  // the line end of Python's csv module
    if (std::fwrite(text.data(), 1, text.size(), file_.get()) != text.size() || std::fflush(file_.get()) != 0) {
      throw IoError(options_.filename.string(), "writing", errno);
    }
  }

  CSVLoggerOptions options_;
  File file_;
  std::vector<std::string> keys_;
  bool needs_header_ = true, first_ = true;
};

}  // namespace

CSVLogger::CSVLogger(CSVLoggerOptions options) : Callback(std::make_shared<CsvBody>(std::move(options))) {}

}  // namespace namesake
