// list_ops: a line of JSON for each op record, as a NodeDef would name its parts, and for each op that becomes others when a graph is read. tools/ops_table.py and test_ops.py compare them with TensorFlow's own.
#include <iostream>
#include <string>

#include <namesake/base/json.h>
#include <namesake/ops/op.h>
#include <namesake/saving/saved_model/graph_import_rules.h>

namespace nk = namesake;

namespace {

std::string_view word_of(nk::ops::AttrKind kind) {
  switch (kind) {
    case nk::ops::AttrKind::kBool: return "bool";
    case nk::ops::AttrKind::kInt: return "int";
    case nk::ops::AttrKind::kFloat: return "float";
    case nk::ops::AttrKind::kType: return "type";
    case nk::ops::AttrKind::kInts: return "list(int)";
    case nk::ops::AttrKind::kWord:
    case nk::ops::AttrKind::kText: return "string";
  }
  return "";
}

std::string word_at(std::string_view words, std::int64_t place) {
  for (; place > 0; --place) words.remove_prefix(std::min(words.find(','), words.size() - 1) + 1);
  return std::string(words.substr(0, words.find(',')));
}

nk::JsonValue fallback_of(const nk::ops::AttrDef& attr) {
  nk::ops::Attrs slots;
  slots.set(0, attr.fallback);
  nk::JsonValue list = nk::JsonValue::array();
  switch (attr.kind) {
    case nk::ops::AttrKind::kBool: return slots.boolean(0);
    case nk::ops::AttrKind::kInt: return attr.fallback;
    case nk::ops::AttrKind::kFloat: return slots.real(0);
    case nk::ops::AttrKind::kType: return std::string(to_string(slots.type(0)));
    case nk::ops::AttrKind::kWord: return word_at(attr.words, attr.fallback);
    case nk::ops::AttrKind::kText: return "";
    case nk::ops::AttrKind::kInts:
      for (int i = 0; i < slots.list_size(0); ++i) list.push_back(slots.list_item(0, i));
      return list;
  }
  return nullptr;
}

nk::JsonValue names(std::span<const std::string_view> words) {
  nk::JsonValue list = nk::JsonValue::array();
  for (const std::string_view word : words) list.push_back(word);
  return list;
}

nk::JsonValue row_of(const nk::ops::OpRecord& op) {
  nk::JsonValue attrs = nk::JsonValue::array(), types = nk::JsonValue::object();
  for (const nk::ops::AttrDef& attr : op.attrs) {
    attrs.push_back(nk::JsonValue::object({{"name", attr.name}, {"kind", word_of(attr.kind)}, {"fallback", fallback_of(attr)}, {"words", attr.words}}));
  }
  for (const nk::ops::TypeAttr& type : op.types) types.add(type.name, op.input_names[static_cast<std::size_t>(type.input)]);
  return nk::JsonValue::object({{"name", op.name},
                                {"inputs", names(op.input_names)},
                                {"outputs", names(op.output_names)},
                                {"attrs", std::move(attrs)},
                                {"types", std::move(types)},
                                {"list_input", op.list_input < 0 ? nk::JsonValue(nullptr) : nk::JsonValue(op.input_names[static_cast<std::size_t>(op.list_input)])},
                                {"list_output", op.list_output < 0 ? nk::JsonValue(nullptr) : nk::JsonValue(op.attrs[static_cast<std::size_t>(op.list_output)].name)},
                                {"gradient", op.gradient != nullptr}});
}

}  // namespace

int main() {
  for (const nk::ops::OpRecord* op : nk::ops::all_ops()) std::cout << nk::to_json(row_of(*op)) << '\n';
  for (const nk::saving::ImportRule& rule : nk::saving::import_rules()) {
    std::cout << nk::to_json(nk::JsonValue::object({{"rule", rule.op}, {"calls", rule.calls}})) << '\n';
  }
}
