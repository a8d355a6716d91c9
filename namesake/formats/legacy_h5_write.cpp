#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "namesake/base/error.h"
#include "namesake/formats/legacy_h5.h"
#include "namesake/naming/path.h"

namespace namesake::formats {
namespace {

// What Keras lets one attribute have (HDF5 ends at 64 KB): as an array of texts of the longest one's length. A text of variable
// length takes 16 bytes in place, and no more than 64,000 may stand there.
constexpr std::size_t kMostBytes = 64'512;
constexpr std::size_t kMostTexts = 4'000;

bool fits(const std::vector<std::string>& texts, std::size_t begin, std::size_t end) {
  std::size_t longest = 0;
  for (std::size_t i = begin; i < end; ++i) longest = std::max(longest, texts[i].size());
  return end - begin <= kMostTexts && longest * (end - begin) <= kMostBytes;
}

// Cut into `pieces` of nearly one length, the longer ones first.
std::vector<std::size_t> cuts(std::size_t count, std::size_t pieces) {
  std::vector<std::size_t> ends;
  std::size_t end = 0;
  for (std::size_t i = 0; i < pieces; ++i) ends.push_back(end += count / pieces + (i < count % pieces ? 1 : 0));
  return ends;
}

JsonValue texts_between(const std::vector<std::string>& texts, std::size_t begin, std::size_t end) {
  JsonValue list = JsonValue::array();
  for (std::size_t i = begin; i < end; ++i) list.push_back(texts[i]);
  return list;
}

void add_list(GroupContent& group, std::string_view name, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    if (text.size() <= kMostBytes) continue;
    throw InvalidName({.subject = text.substr(0, 80),
                       .what = "A name is too long for a legacy .h5 file.",
                       .expected = fmt::format("at most {} bytes", kMostBytes),
                       .received = fmt::format("{} bytes", text.size())});
  }
  std::vector<std::size_t> ends = {texts.size()};
  for (std::size_t pieces = 1; pieces <= texts.size(); ++pieces) {
    ends = cuts(texts.size(), pieces);
    std::size_t begin = 0;
    if (std::all_of(ends.begin(), ends.end(), [&](std::size_t end) { return fits(texts, std::exchange(begin, end), end); })) break;
  }
  if (ends.size() == 1) {
    group.attributes.add(name, texts_between(texts, 0, texts.size()));
    return;
  }
  for (std::size_t i = 0, begin = 0; i < ends.size(); begin = ends[i++]) {
    group.attributes.add(fmt::format("{}{}", name, i), texts_between(texts, begin, ends[i]));
  }
}

class Writer {
 public:
  explicit Writer(const LegacyContent& content) : content_(content) {}

  Hdf5Content take() && {
    const bool whole = !content_.model_config.is_null();
    const std::string base = whole ? "model_weights" : "";
    if (whole) {
      GroupContent root{"", versions()};
      root.attributes.add("model_config", to_json(content_.model_config));
      if (!content_.training_config.is_null()) root.attributes.add("training_config", to_json(content_.training_config));
      file_.groups.push_back(std::move(root));
    }
    GroupContent top{base, versions()};
    std::vector<std::string> names;
    for (const LegacyContentGroup& layer : content_.layers) names.push_back(layer.name);
    check_names(names);
    add_list(top, "layer_names", names);
    file_.groups.push_back(std::move(top));
    for (const LegacyContentGroup& layer : content_.layers) group(naming::join_path(base, layer.name), layer.weights);
    group(naming::join_path(base, kTopLevel), content_.top_level);
    if (!content_.optimizer.empty()) group("optimizer_weights", content_.optimizer);
    return std::move(file_);
  }

 private:
  static constexpr std::string_view kTopLevel = "top_level_model_weights";

  [[nodiscard]] JsonValue versions() const {
    return JsonValue::object({{"keras_version", content_.keras_version}, {"backend", "tensorflow"}});
  }

  static void check_names(const std::vector<std::string>& names) {
    std::unordered_set<std::string_view> seen;
    for (const std::string& name : names) {
      if (name == kTopLevel) {
        throw InvalidName({.subject = name, .what = fmt::format("No layer of a legacy .h5 file can be called \"{}\": the file has a group of that name.", name),
                           .fix = "layer.set_name(\"...\")"});
      }
      if (!seen.insert(name).second) {
        throw NameCollision({.subject = name, .what = fmt::format("Two layers would be called \"{}\" in the legacy .h5 file.", name),
                             .fix = "layer.set_name(\"...\")"});
      }
    }
  }

  void group(const std::string& path, const std::vector<LegacyArray>& weights) {
    GroupContent group{path, JsonValue::object()};
    std::vector<std::string> names;
    std::unordered_set<std::string_view> seen;
    for (const LegacyArray& weight : weights) {
      if (!seen.insert(weight.name).second) {
        throw NameCollision({.subject = weight.name, .what = fmt::format("Two weights in \"{}\" would be called \"{}\" in the legacy .h5 file.", path, weight.name),
                             .fix = "rename one of them, or save as .keras"});
      }
      names.push_back(weight.name);
      file_.arrays.push_back(weight.array);
      file_.arrays.back().path = naming::join_path(path, weight.name);
    }
    add_list(group, "weight_names", names);
    file_.groups.push_back(std::move(group));
  }

  const LegacyContent& content_;
  Hdf5Content file_;
};

}  // namespace

Hdf5Content legacy_content(const LegacyContent& content) { return Writer(content).take(); }

}  // namespace namesake::formats
