#include "namesake/naming/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "namesake/base/error.h"

namespace namesake::naming {
namespace {

using Words = std::span<const std::string_view>;

// A legacy `.h5` keeps the model's own weights in a group of this name, beside the groups of the layers.
constexpr std::array<std::string_view, 1> kReservedGroups = {"top_level_model_weights"};

// Columns of Keras's training log: a metric of such a name replaces the number that belongs there. So does one that
// starts with `val_`, since the validation data's metrics are logged under that.
constexpr std::array<std::string_view, 3> kReservedMetrics = {"epoch", "learning_rate", "loss"};

// clang-format off
// `vars` is the group of a layer's own weights in a Keras weights file; `layers`, `optimizer`, `variables`,
// `trainable_variables`, `signatures` and `keras_api` have a meaning in Keras files or in a SavedModel's object graph.
// With the others Keras 3.15.1's Layer or Model refuses the sub-layer, or fails to save or load it.
constexpr std::array<std::string_view, 41> kReservedAttributes = {
    "build", "built", "call", "compiled_metrics", "compute_dtype", "compute_output_shape", "distribute_strategy",
    "dtype", "dtype_policy", "get_build_config", "get_compile_config", "get_config", "input", "input_dtype", "input_spec",
    "keras_api", "layers", "load_own_variables", "load_weights", "losses", "metrics", "metrics_names",
    "metrics_variables", "name", "non_trainable_variables", "non_trainable_weights", "optimizer", "output", "path",
    "quantization_mode", "save", "save_own_variables", "save_weights", "signatures", "trainable", "trainable_variables",
    "trainable_weights", "variable_dtype", "variables", "vars", "weights"};

// An attribute of these names could not be written in the Python class that loads the file.
constexpr std::array<std::string_view, 35> kPythonKeywords = {
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def",
    "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is",
    "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield"};
// clang-format on

bool contains(Words words, std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); }

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool may_stand(char c, NameKind kind) {
  if (kind == NameKind::kAttribute) return is_alnum(c) || c == '_';
  return is_alnum(c) || c == '_' || c == '.' || c == '-';
}

bool may_start(char c, NameKind kind) {
  if (kind == NameKind::kAttribute) return may_stand(c, kind) && !is_digit(c);
  return is_alnum(c) || c == '.';
}

// For a message: in quotes, cut where it is long, with what cannot be printed as \x01.
std::string quoted(std::string_view name) {
  constexpr std::size_t kShown = 60;
  std::string text = "\"";
  for (const char c : name.substr(0, kShown)) {
    const auto byte = static_cast<unsigned char>(c);
    text += byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return text + (name.size() > kShown ? "...\"" : "\"");
}

std::string shown(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x80) return "a letter that is not ASCII";
  return byte < 0x20 || byte == 0x7f ? fmt::format("the character \\x{:02x}", byte) : fmt::format("'{}'", c);
}

std::string why_not(char c, NameKind kind) {
  const auto byte = static_cast<unsigned char>(c);
  if (kind == NameKind::kAttribute) return "an attribute is also one of the Python class that loads the file";
  switch (c) {
    case '/':
      return "it joins names into a path, and Keras 3 refuses it inside one";
    case '>':
      return "in Keras files it joins a scope and a layer's name";
    case ':':
      return "TensorFlow reads what follows it as the number of an output";
    case ' ':
      return "TensorFlow's graphs and SavedModels refuse a name with a space";
    default:
      break;
  }
  if (byte < 0x20 || byte == 0x7f) return "no format holds a control character in a name";
  if (byte >= 0x80) return "TensorFlow's graphs and SavedModels hold ASCII letters only";
  return "TensorFlow's graphs and SavedModels refuse it";
}

std::string_view why_reserved(NameKind kind) {
  switch (kind) {
    case NameKind::kAttribute:
      return "Keras or Python uses this word itself, so its class could not have the attribute";
    case NameKind::kMetric:
      return "Keras's training log has another number under this name";
    default:
      return "a legacy .h5 file keeps the model's own weights in a group of this name";
  }
}

// What is wrong with `name`, as the end of a sentence; "" if nothing is.
std::string fault(std::string_view name, NameKind kind) {
  if (name.empty()) return "is empty";
  if (name.size() > kMaxNameLength) {
    return fmt::format("has {} bytes, and a file's or folder's name holds {}", name.size(), kMaxNameLength);
  }
  if (name == "." || name == "..") return "means a folder or an HDF5 group, not a name";
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (may_stand(name[i], kind)) continue;
    return fmt::format("has {} at position {}: {}", shown(name[i]), i + 1, why_not(name[i], kind));
  }
  if (!may_start(name[0], kind)) {
    return fmt::format(
        "starts with '{}': {}", name[0],
        kind == NameKind::kAttribute ? why_not(name[0], kind) : "TensorFlow refuses that in an outermost scope");
  }
  if (kind == NameKind::kAttribute && name.starts_with("__"))
    return "starts with \"__\": Keras saves no such attribute";
  if (contains(reserved_names(kind), name) || (kind == NameKind::kAttribute && contains(kPythonKeywords, name))) {
    return fmt::format("is reserved: {}", why_reserved(kind));
  }
  if (kind == NameKind::kMetric && name.starts_with("val_")) {
    return "starts with \"val_\": the log has the validation data's metrics under such names";
  }
  return "";
}

std::string grammar(NameKind kind) {
  if (kind == NameKind::kAttribute) {
    return fmt::format("a Python identifier of at most {} letters, digits and '_'", kMaxNameLength);
  }
  return fmt::format("letters, digits, '_', '-' and '.', starting with a letter, a digit or '.'; at most {}",
                     kMaxNameLength);
}

std::string advice(std::string_view name, NameKind kind) {
  const std::string call_it = fmt::format("call it \"{}\"", suggest_name(name, kind));
  const auto slash = name.rfind('/');
  if (kind == NameKind::kScope && name.empty()) return "NameScope::root() returns to the root";
  if (kind != NameKind::kLayer || slash == std::string_view::npos || slash + 1 == name.size()) return call_it;
  const std::string_view leaf = name.substr(slash + 1);
  const std::string_view outer = name.substr(0, slash);
  if (!is_legal(leaf) || !is_legal(outer, NameKind::kScope)) return call_it;
  return fmt::format("{}, or open NameScope scope(\"{}\") around a layer called \"{}\"", call_it, outer, leaf);
}

// The length of the UTF-8 sequence that starts `text`; 0 if it is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  if (byte(0) < 0x80) return 1;
  if (byte(0) >= 0xC2 && byte(0) < 0xE0) return tail(1) ? 2 : 0;
  if (byte(0) < 0xF0 && byte(0) >= 0xE0) {
    const bool overlong = byte(0) == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = byte(0) == 0xED && byte(1) >= 0xA0;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (byte(0) >= 0xF0 && byte(0) < 0xF5) {
    const bool overlong = byte(0) == 0xF0 && byte(1) < 0x90;
    const bool beyond = byte(0) == 0xF4 && byte(1) >= 0x90;
    return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string_view to_string(NameKind kind) {
  switch (kind) {
    case NameKind::kLayer:
      return "layer";
    case NameKind::kModel:
      return "model";
    case NameKind::kWeight:
      return "weight";
    case NameKind::kScope:
      return "scope";
    case NameKind::kAttribute:
      return "attribute";
    case NameKind::kMetric:
      return "metric";
    case NameKind::kLoss:
      return "loss";
    case NameKind::kOptimizer:
      return "optimizer";
    case NameKind::kInput:
      return "input";
    case NameKind::kOutput:
      return "output";
    case NameKind::kOp:
      return "op";
  }
  return "thing";
}

std::string plural(NameKind kind) {
  const std::string_view word = to_string(kind);
  return std::string(word) + (word.ends_with('s') ? "es" : "s");
}

Words reserved_names(NameKind kind) {
  switch (kind) {
    case NameKind::kLayer:
    case NameKind::kModel:
    case NameKind::kScope:
      return kReservedGroups;
    case NameKind::kAttribute:
      return kReservedAttributes;
    case NameKind::kMetric:
      return kReservedMetrics;
    default:
      return {};
  }
}

bool is_legal(std::string_view name, NameKind kind) { return fault(name, kind).empty(); }

void check_name(std::string_view name, NameKind kind, Site site) {
  const std::string wrong = fault(name, kind);
  if (wrong.empty()) return;
  throw InvalidName(
      {.subject = std::string(name),
       .what = fmt::format("the {} name {} {}.", to_string(kind), quoted(name), wrong),
       .expected = grammar(kind),
       .received = quoted(name),
       .places = {{.label = "here", .site = site}},
       .fix = advice(name, kind) + (readable(name) ? " (files that have such a name are read all the same)" : "")});
}

std::string suggest_name(std::string_view name, NameKind kind) {
  if (is_legal(name, kind)) return std::string(name);
  std::string legal;
  bool replaced = false;  // a run of what may not stand becomes one '_'
  for (const char c : name) {
    if (may_stand(c, kind)) {
      legal += c;
      replaced = false;
    } else if (!std::exchange(replaced, true)) {
      legal += '_';
    }
  }
  if (replaced) legal.pop_back();
  while (!legal.empty() && (legal.front() == '_' || legal.front() == '-')) legal.erase(0, 1);
  while (kind == NameKind::kMetric && legal.starts_with("val_")) legal.erase(0, 4);
  if (!legal.empty() && !may_start(legal.front(), kind)) legal.insert(0, kind == NameKind::kAttribute ? "_" : "n");
  if (legal.size() > kMaxNameLength) legal.resize(kMaxNameLength);
  if (is_legal(legal, kind)) return legal;
  if (legal.empty() || legal == "." || legal == "..") return std::string(to_string(kind));
  return numbered(legal, 1);  // reserved
}

std::string numbered(std::string_view name, std::size_t number) {
  const std::string suffix = fmt::format("_{}", number);
  return std::string(name.substr(0, kMaxNameLength - suffix.size())) + suffix;
}

bool readable(std::string_view name) {
  if (name.size() > kMaxReadableLength) return false;
  for (std::size_t i = 0; i < name.size();) {
    const auto byte = static_cast<unsigned char>(name[i]);
    const std::size_t length = utf8_length(name.substr(i));
    if (length == 0 || byte < 0x20 || byte == 0x7f) return false;
    i += length;
  }
  for (std::size_t start = 0;;) {
    const std::size_t slash = std::min(name.find('/', start), name.size());
    const std::string_view part = name.substr(start, slash - start);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == name.size()) return true;
    start = slash + 1;
  }
}

}  // namespace namesake::naming
