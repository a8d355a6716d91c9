#include "namesake/formats/canonical_message.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <vector>

#include "namesake/formats/container/varint.h"
#include "namesake/formats/container/wire_field.h"

namespace namesake::formats {
namespace {

constexpr int kDeepest = 100;  // protobuf's own limit

/// Messages that hold maps, at whatever depth. All others stay as they are.
enum class Kind {
  kPlain, kSavedModel, kMetaGraph, kMetaInfo, kOpList, kOpDef, kAttrDef, kAttrValue, kAttrList, kNameAttrList, kGraphDef, kNodeDef, kLibrary, kFunctionDef,
  kArgAttrs, kDebugInfo, kSignatureDef, kTensorInfo, kComposite, kTypeSpec, kStructured, kValues, kDict, kNamedTuple, kPair, kAssetFile, kObjectGraph,
  kObject, kFunction, kFunctionSpec, kBareFunction, kConcreteFunction,
};
enum class Map { kNone, kText, kNumber, kFixed, kTextToFixed, kNumberToNumber };  // by their keys; values are messages or texts but for the last two

struct Child {
  Kind parent;
  std::uint32_t field;
  Kind kind;
  Map map = Map::kNone;
};

// TensorFlow's saved_model.proto and what it imports.
constexpr Child kChildren[] = {
    {Kind::kSavedModel, 2, Kind::kMetaGraph},
    {Kind::kMetaGraph, 1, Kind::kMetaInfo},
    {Kind::kMetaGraph, 2, Kind::kGraphDef},
    {Kind::kMetaGraph, 4, Kind::kPlain, Map::kText},
    {Kind::kMetaGraph, 5, Kind::kSignatureDef, Map::kText},
    {Kind::kMetaGraph, 6, Kind::kAssetFile},
    {Kind::kMetaGraph, 7, Kind::kObjectGraph},
    {Kind::kMetaInfo, 2, Kind::kOpList},
    {Kind::kMetaInfo, 8, Kind::kPlain, Map::kText},
    {Kind::kOpList, 1, Kind::kOpDef},
    {Kind::kOpDef, 4, Kind::kAttrDef},
    {Kind::kAttrDef, 3, Kind::kAttrValue},
    {Kind::kAttrDef, 7, Kind::kAttrValue},
    {Kind::kAttrValue, 1, Kind::kAttrList},
    {Kind::kAttrValue, 10, Kind::kNameAttrList},
    {Kind::kAttrList, 9, Kind::kNameAttrList},
    {Kind::kNameAttrList, 2, Kind::kAttrValue, Map::kText},
    {Kind::kGraphDef, 1, Kind::kNodeDef},
    {Kind::kGraphDef, 2, Kind::kLibrary},
    {Kind::kGraphDef, 5, Kind::kDebugInfo},
    {Kind::kNodeDef, 5, Kind::kAttrValue, Map::kText},
    {Kind::kLibrary, 1, Kind::kFunctionDef},
    {Kind::kFunctionDef, 1, Kind::kOpDef},
    {Kind::kFunctionDef, 3, Kind::kNodeDef},
    {Kind::kFunctionDef, 4, Kind::kPlain, Map::kText},
    {Kind::kFunctionDef, 5, Kind::kAttrValue, Map::kText},
    {Kind::kFunctionDef, 6, Kind::kPlain, Map::kText},
    {Kind::kFunctionDef, 7, Kind::kArgAttrs, Map::kNumber},
    {Kind::kFunctionDef, 8, Kind::kPlain, Map::kNumberToNumber},
    {Kind::kArgAttrs, 1, Kind::kAttrValue, Map::kText},
    {Kind::kDebugInfo, 2, Kind::kPlain, Map::kText},
    {Kind::kDebugInfo, 4, Kind::kPlain, Map::kFixed},
    {Kind::kDebugInfo, 5, Kind::kPlain, Map::kTextToFixed},
    {Kind::kDebugInfo, 6, Kind::kPlain, Map::kFixed},
    {Kind::kSignatureDef, 1, Kind::kTensorInfo, Map::kText},
    {Kind::kSignatureDef, 2, Kind::kTensorInfo, Map::kText},
    {Kind::kSignatureDef, 4, Kind::kPlain, Map::kText},
    {Kind::kTensorInfo, 5, Kind::kComposite},
    {Kind::kComposite, 1, Kind::kTypeSpec},
    {Kind::kComposite, 2, Kind::kTensorInfo},
    {Kind::kTypeSpec, 2, Kind::kStructured},
    {Kind::kStructured, 34, Kind::kTypeSpec},
    {Kind::kStructured, 51, Kind::kValues},
    {Kind::kStructured, 52, Kind::kValues},
    {Kind::kStructured, 53, Kind::kDict},
    {Kind::kStructured, 54, Kind::kNamedTuple},
    {Kind::kValues, 1, Kind::kStructured},
    {Kind::kDict, 1, Kind::kStructured, Map::kText},
    {Kind::kNamedTuple, 2, Kind::kPair},
    {Kind::kPair, 2, Kind::kStructured},
    {Kind::kAssetFile, 1, Kind::kTensorInfo},
    {Kind::kObjectGraph, 1, Kind::kObject},
    {Kind::kObjectGraph, 2, Kind::kConcreteFunction, Map::kText},
    {Kind::kObject, 6, Kind::kFunction},
    {Kind::kObject, 8, Kind::kBareFunction},
    {Kind::kObject, 11, Kind::kPlain, Map::kText},
    {Kind::kFunction, 2, Kind::kFunctionSpec},
    {Kind::kFunctionSpec, 1, Kind::kStructured},
    {Kind::kFunctionSpec, 5, Kind::kStructured},
    {Kind::kBareFunction, 4, Kind::kFunctionSpec},
    {Kind::kConcreteFunction, 3, Kind::kStructured},
    {Kind::kConcreteFunction, 4, Kind::kStructured},
};

const Child* child_of(Kind parent, std::uint32_t field) {
  const auto* found = std::find_if(std::begin(kChildren), std::end(kChildren), [&](const Child& each) { return each.parent == parent && each.field == field; });
  return found == std::end(kChildren) ? nullptr : found;
}

struct Entry {
  std::string_view text;     // the key
  std::uint64_t number = 0;  // or this one
  std::string bytes;         // the whole entry
};

std::uint64_t fixed64_of(std::string_view whole) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8; ++i) value |= static_cast<std::uint64_t>(static_cast<unsigned char>(whole[whole.size() - 8 + i])) << (8 * i);
  return value;
}

const WireField* last_of(const std::vector<WireField>& fields, std::uint32_t number) {
  const auto found = std::find_if(fields.rbegin(), fields.rend(), [&](const WireField& each) { return each.number == number; });
  return found == fields.rend() ? nullptr : &*found;
}

/// What of a node is left out of the program.
struct NodeRules {
  bool call = false;         // PartitionedCall, StatefulPartitionedCall
  bool string_constant = false;
};

class Writer {
 public:
  explicit Writer(bool program) : program_(program) {}

  std::optional<std::string> write(Kind kind, std::string_view message) {
    std::string out;
    put(kind, message, out);
    return sound_ ? std::optional(std::move(out)) : std::nullopt;
  }

 private:
  void put(Kind kind, std::string_view message, std::string& out) {
    auto read = depth_ < kDeepest ? wire_fields(message) : std::nullopt;
    if (!read) {
      sound_ = false;
      return;
    }
    ++depth_;
    std::vector<WireField>& fields = *read;
    if (program_ && kind == Kind::kGraphDef) clear_library(fields);
    std::stable_sort(fields.begin(), fields.end(), [](const WireField& a, const WireField& b) { return a.number < b.number; });
    const NodeRules rules = program_ && kind == Kind::kNodeDef ? rules_of(fields) : NodeRules{};
    for (std::size_t i = 0; i < fields.size() && sound_;) {
      std::size_t end = i + 1;
      while (end < fields.size() && fields[end].number == fields[i].number) ++end;
      put_all({fields.data() + i, end - i}, child_of(kind, fields[i].number), rules, out);
      i = end;
    }
    --depth_;
  }

  void put_all(std::span<const WireField> fields, const Child* child, const NodeRules& rules, std::string& out) {
    if (child != nullptr && child->map != Map::kNone) return put_map(fields, *child, rules, out);
    for (const WireField& field : fields) {
      if (child == nullptr || field.kind != 2) {
        out += field.whole;
      } else {
        std::string inner;
        put(child->kind, field.content, inner);
        put_wire(out, field.number, inner);
      }
    }
  }

  void put_map(std::span<const WireField> fields, const Child& child, const NodeRules& rules, std::string& out) {
    std::vector<Entry> entries;
    entries.reserve(fields.size());
    for (const WireField& field : fields) entries.push_back(entry_of(field.content, child, rules));
    std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.text != b.text ? a.text < b.text : a.number < b.number; });
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const bool again = i + 1 < entries.size() && entries[i].text == entries[i + 1].text && entries[i].number == entries[i + 1].number;
      if (!again) put_wire(out, child.field, entries[i].bytes);  // the last of one key is what a map keeps
    }
  }

  Entry entry_of(std::string_view message, const Child& child, const NodeRules& rules) {
    const auto fields = wire_fields(message);
    Entry entry;
    if (!fields) {
      sound_ = false;
      return entry;
    }
    const WireField* key = last_of(*fields, 1);
    const WireField* value = last_of(*fields, 2);
    put_key(key, child.map, entry);
    if (child.map == Map::kNumberToNumber || child.map == Map::kTextToFixed) {
      entry.bytes += value != nullptr ? value->whole : child.map == Map::kNumberToNumber ? std::string_view("\x10\0", 2) : std::string_view("\x11\0\0\0\0\0\0\0\0", 9);
    } else {
      const std::string_view content = value != nullptr ? value->content : std::string_view();
      std::string inner;
      if (child.kind == Kind::kPlain) {
        inner = content;
      } else {
        put(child.kind, content, inner);
      }
      put_wire(entry.bytes, 2, regular(entry.text, std::move(inner), rules));
    }
    return entry;
  }

  static void put_key(const WireField* key, Map map, Entry& entry) {
    if (map == Map::kText || map == Map::kTextToFixed) {
      if (key != nullptr) entry.text = key->content;
      put_wire(entry.bytes, 1, entry.text);
    } else if (map == Map::kFixed) {
      if (key != nullptr && key->kind == 1) entry.number = fixed64_of(key->whole);
      entry.bytes += key != nullptr ? key->whole : std::string_view("\x09\0\0\0\0\0\0\0\0", 9);
    } else {
      if (key != nullptr) entry.number = key->value;
      entry.bytes += '\x08';
      put_varint(entry.bytes, entry.number);
    }
  }

  // Both are there, and empty.
  static void clear_library(std::vector<WireField>& fields) {
    std::erase_if(fields, [](const WireField& each) { return each.number == 2 || each.number == 4; });
    fields.push_back({2, 2, 0, {}, std::string_view("\x12\0", 2)});
    fields.push_back({4, 2, 0, {}, std::string_view("\x22\0", 2)});
  }

  static NodeRules rules_of(const std::vector<WireField>& node) {
    constexpr std::uint64_t kString = 7;
    NodeRules rules;
    const WireField* op = last_of(node, 2);
    if (op == nullptr) return rules;
    rules.call = op->content == "PartitionedCall" || op->content == "StatefulPartitionedCall";
    if (op->content != "Const") return rules;
    for (const WireField& attribute : node) {
      if (attribute.number != 5) continue;
      const auto entry = fields_of(attribute.content);
      const WireField* key = last_of(entry, 1);
      const WireField* value = last_of(entry, 2);
      if (key == nullptr || value == nullptr || key->content != "dtype") continue;
      const auto held = fields_of(value->content);
      const WireField* type = last_of(held, 6);
      rules.string_constant = type != nullptr && type->value == kString;
    }
    return rules;
  }

  // The value of an attribute of a node, an AttrValue.
  static std::string regular(std::string_view attribute, std::string value, const NodeRules& rules) {
    if (rules.string_constant && attribute == "value") return "";
    if (rules.call && attribute == "config_proto") return std::string("\x12\0", 2);
    return rules.call && attribute == "f" ? without_number_of_function(value) : value;
  }

  static std::string without_number_of_function(const std::string& value) {
    std::string out;
    for (const WireField& field : fields_of(value)) {
      if (field.number != 10) {
        out += field.whole;
        continue;
      }
      std::string function;
      for (const WireField& part : fields_of(field.content)) {
        if (part.number != 1) {
          function += part.whole;
          continue;
        }
        const auto number = number_at_end(part.content);
        const std::string_view name = number ? without_number(part.content, *number) : part.content;
        if (!name.empty()) put_wire(function, 1, name);
      }
      put_wire(out, 10, function);
    }
    return out;
  }

  bool program_;
  bool sound_ = true;
  int depth_ = 0;
};

}  // namespace

std::optional<std::string> canonical_saved_model(std::string_view message) { return Writer(false).write(Kind::kSavedModel, message); }

std::optional<std::string> canonical_program(std::string_view graph_def) { return Writer(true).write(Kind::kGraphDef, graph_def); }

std::optional<std::int64_t> number_at_end(std::string_view name) {
  const std::string_view word = name.substr(name.rfind('_') + 1);  // the whole name without one
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

std::string_view without_number(std::string_view name, std::int64_t number) {
  const std::string digits = std::to_string(number);
  if (name.ends_with(digits)) name.remove_suffix(digits.size());
  return name;
}

}  // namespace namesake::formats
