// Attributes of nodes, in the order of an op's record.
#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/saving/saved_model/graph_import_body.h"

namespace namesake::saving {
namespace {

using formats::AttributeValue;
using ops::AttrDef;
using ops::AttrKind;

std::string_view kind_text(AttrKind kind) {
  switch (kind) {
    case AttrKind::kBool: return "a bool";
    case AttrKind::kInt: return "an integer";
    case AttrKind::kFloat: return "a float";
    case AttrKind::kType: return "a dtype";
    case AttrKind::kInts: return "a list of integers";
    default: return "a string";
  }
}

// The place of `word` in a list with commas between; -1 if it is none of them.
std::int64_t place_in(std::string_view words, std::string_view word) {
  for (std::int64_t place = 0;; ++place) {
    const std::size_t comma = words.find(',');
    if (words.substr(0, comma) == word) return place;
    if (comma == std::string_view::npos) return -1;
    words.remove_prefix(comma + 1);
  }
}

// Sets slot `i`; false if the value is of another kind.
bool set_slot(ops::Attrs& attrs, std::size_t i, const AttrDef& def, const AttributeValue& value) {
  switch (def.kind) {
    case AttrKind::kBool:
      if (const auto* held = std::get_if<std::vector<bool>>(&value.values); held != nullptr && !value.list && held->size() == 1) return attrs.set(i, bool(held->front())), true;
      return false;
    case AttrKind::kInt:
      if (const auto* one = value.one<std::int64_t>()) return attrs.set(i, *one), true;
      return false;
    case AttrKind::kFloat:
      if (const auto* one = value.one<float>()) return attrs.set(i, static_cast<double>(*one)), true;
      return false;
    case AttrKind::kType:
      if (const auto* one = value.one<DType>()) return attrs.set(i, *one), true;
      return false;
    case AttrKind::kInts: {
      if (!value.list) return false;
      const auto* held = std::get_if<std::vector<std::int64_t>>(&value.values);
      if (held == nullptr && !std::holds_alternative<std::monostate>(value.values)) return false;
      attrs.set_list(i, held == nullptr ? std::span<const std::int64_t>() : std::span<const std::int64_t>(*held));
      return true;
    }
    case AttrKind::kWord: {
      const auto* one = value.one<std::string>();
      if (one == nullptr) return false;
      attrs.set(i, place_in(def.words, *one));
      return true;
    }
    case AttrKind::kText: {
      const auto* one = value.one<std::string>();
      if (one == nullptr) return false;
      attrs.set_text(i, *one);
      return true;
    }
  }
  return false;
}

}  // namespace

const AttributeValue* BodyImport::attribute(const Inputs& in, std::string_view name) const {
  const AttributeValue* value = attribute_as_stored(in, name);
  if (value == nullptr || why_unreadable(*value).empty()) return value;
  throw Unsupported({.subject = state_.file,
                     .what = fmt::format("{}: {}: The attribute {} has a value that is not read here.", state_.file, in.place, name),
                     .expected = "a dtype that is known here, and at most 8 axes",
                     .received = std::string(why_unreadable(*value))});
}

const AttributeValue* BodyImport::attribute_as_stored(const Inputs& in, std::string_view name) const {
  const AttributeValue* value = in.node.find(name);
  if (value == nullptr || value->placeholder.empty()) return value;
  if (environment_ != nullptr) {
    for (const formats::Attribute& given : *environment_) {
      if (given.name == value->placeholder) return &given.value;
    }
  }
  fail(in, fmt::format("The attribute {} is to be that of the caller's {}, which has none.", name, value->placeholder));
}

ops::Attrs BodyImport::attrs_of(const Inputs& in, const ops::OpRecord& op) const {
  ops::Attrs attrs;
  for (std::size_t i = 0; i < op.attrs.size(); ++i) {
    const AttrDef& def = op.attrs[i];
    const AttributeValue* value = attribute(in, def.name);
    if (value == nullptr) {
      if (def.kind != AttrKind::kText) attrs.set(i, def.fallback);
      continue;
    }
    try {
      if (!set_slot(attrs, i, def, *value)) fail(in, fmt::format("The attribute {} of {} has a value of another kind.", def.name, op.name), std::string(kind_text(def.kind)));
    } catch (const InvalidArgument& error) {
      fail(in, fmt::format("The attribute {} of {} is not one that can be: {}", def.name, op.name, error.parts().what), error.parts().expected);
    }
    if (def.kind == AttrKind::kWord && attrs.integer(i) < 0) {
      throw Unsupported({.subject = state_.file,
                         .what = fmt::format("{}: {}: {} is not done here with this {}.", state_.file, in.place, op.name, def.name),
                         .expected = std::string(def.words),
                         .received = *value->one<std::string>()});
    }
  }
  return attrs;
}

}  // namespace namesake::saving
