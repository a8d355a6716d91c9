#include "namesake/nn/metrics/names.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/naming/rules.h"
#include "namesake/naming/unique_names.h"

namespace namesake::nn {
namespace {

std::string with_output(std::string_view output, std::string_view name) {
  return output.empty() ? std::string(name) : fmt::format("{}_{}", output, name);
}

std::string described(const MetricPlace& place) {
  std::string text = fmt::format("{} \"{}\"", place.metric.class_name(), place.metric.name());
  if (!place.output.empty()) text += fmt::format(" of the output \"{}\"", place.output);
  return text;
}

class Keys {
 public:
  Keys(std::span<const MetricPlace> metrics, std::span<const std::string> taken, Site site, bool keep_given)
      : metrics_(metrics), site_(site), keep_given_(keep_given), keys_(metrics.size()) {
    for (const std::string& key : taken) reserve(key, site);
  }

  std::vector<std::string> settled() && {
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      if (keeps(i)) claim(i);
    }
    for (std::size_t i = 0; i < metrics_.size(); ++i) {
      if (!keeps(i)) take(i);
    }
    return std::move(keys_);
  }

 private:
  [[nodiscard]] bool keeps(std::size_t i) const { return keep_given_ && metrics_[i].metric.has_given_name(); }
  /// The logs have the validation data's numbers under the same keys behind "val_".
  static std::string validation(std::string_view key) { return fmt::format("val_{}", key); }
  [[nodiscard]] bool is_free(const std::string& key) const { return !names_.known(key) && !names_.known(validation(key)); }
  void reserve(const std::string& key, Site site) {
    for (const std::string& name : {key, validation(key)}) {
      if (!names_.known(name)) names_.take(name, site);
    }
  }

  void claim(std::size_t i) {
    const MetricPlace& place = metrics_[i];
    const Site site = place.metric.site().known() ? place.metric.site() : site_;
    naming::check_name(place.metric.name(), naming::NameKind::kMetric, site);
    const std::string key = with_output(place.output, place.metric.name());
    if (!is_free(key)) refuse(i, key, site);
    reserve(key, site);
    keys_[i] = key;
  }

  [[noreturn]] void refuse(std::size_t i, const std::string& key, Site site) const {
    const std::string known = names_.known(key) ? key : validation(key);
    Place first{"first", names_.site_of(known), "a loss in the logs", {}};
    for (std::size_t j = 0; j < metrics_.size(); ++j) {
      if (keys_[j] == key || validation(keys_[j]) == key || keys_[j] == validation(key)) first.detail = described(metrics_[j]);
    }
    throw NameCollision({.subject = key,
                         .what = fmt::format("Two numbers in the model's logs would be called \"{}\".", key),
                         .places = {first, {"again", site, described(metrics_[i]), {}}},
                         .fix = fmt::format("give one of the metrics another name (\"{}\" is free), or leave .name out", names_.peek(key))});
  }

  void take(std::size_t i) {
    const MetricPlace& place = metrics_[i];
    std::string key = with_output(place.output, place.metric.name());
    if (place.weighted && !is_free(key)) key = with_output(place.output, fmt::format("weighted_{}", place.metric.name()));
    std::string free = names_.peek(key);
    while (!is_free(free)) {
      names_.take(free, place.metric.site());  // its validation key is another's
      free = names_.peek(key);
    }
    reserve(free, place.metric.site());
    keys_[i] = free;
  }

  std::span<const MetricPlace> metrics_;
  Site site_;
  bool keep_given_;
  naming::UniqueNames names_{naming::NameKind::kMetric};
  std::vector<std::string> keys_;
};

}  // namespace

std::vector<std::string> metric_keys(std::span<const MetricPlace> metrics, std::span<const std::string> taken, Site site,
                                     bool keep_given) {
  return Keys(metrics, taken, site, keep_given).settled();
}

}  // namespace namesake::nn
