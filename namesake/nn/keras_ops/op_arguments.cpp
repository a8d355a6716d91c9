#include "namesake/nn/keras_ops/op_arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/nn/op_layer.h"
#include "namesake/ops/math.h"
#include "namesake/ops/shaping.h"
#include "namesake/tensor/tensor_json.h"

namespace namesake::nn {
Tensor Operand::operator()(const Tensors& inputs) const {
  constexpr double kMostInt32 = 2147483647;
  if (is_number_ && whole_ && number_ >= -kMostInt32 && number_ <= kMostInt32) return static_cast<int>(number_);
  if (is_number_) return static_cast<float>(number_);
  return constant_.defined() ? constant_ : inputs.at(input_);
}

Tensor Operand::beside(const Tensor& other, const Tensors& inputs) const {
  return is_number_ ? ops::number_beside(number_, whole_, other) : (*this)(inputs);
}

OpArguments::OpArguments(const JsonView& object, const JsonValue& args, const JsonValue& kwargs)
    : object_(object), args_(args), kwargs_(kwargs), class_name_(object.at("class_name").as_string()) {
  if (!args.is_array() || !kwargs.is_object()) fail("its call has no arguments.", "\"args\", a list, and \"kwargs\", an object");
}

void OpArguments::fail(std::string what, std::string expected, std::string received) const {
  object_.fail(fmt::format("The operation {}: {}", class_name_, what), std::move(expected), std::move(received));
}

void OpArguments::unsupported(std::string what) const {
  throw Unsupported({.subject = class_name_,
                     .what = fmt::format("{}{}the operation {}: {}", object_.file().empty() ? "" : fmt::format("{}: ", object_.file()),
                                         object_.path().empty() ? "" : object_.path() + ": ", class_name_, what)});
}

const JsonValue* OpArguments::find(std::string_view key) {
  known_keys_.push_back(key);
  const JsonValue* config = object_.value().find("config");
  const JsonValue* found = config == nullptr ? nullptr : config->find(key);
  return found == nullptr || found->is_null() ? nullptr : found;
}

JsonValue OpArguments::value(std::string_view key) {
  const JsonValue* found = find(key);
  return found == nullptr ? JsonValue() : *found;
}

bool OpArguments::boolean(std::string_view key, bool fallback) {
  const JsonValue* found = find(key);
  if (found != nullptr && !found->is_bool()) fail(fmt::format("\"{}\" is no boolean.", key), "true or false", to_json(*found));
  return found == nullptr ? fallback : found->as_bool();
}

std::optional<std::int64_t> OpArguments::maybe_integer(std::string_view key) {
  const JsonValue* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (found->kind() != JsonValue::Kind::kInt) fail(fmt::format("\"{}\" is no integer.", key), "an integer", to_json(*found));
  return found->as_int();
}

std::int64_t OpArguments::integer(std::string_view key, std::int64_t fallback) { return maybe_integer(key).value_or(fallback); }

int OpArguments::axis(std::string_view key, int fallback) {
  const std::int64_t axis = integer(key, fallback);
  if (axis < -Shape::kMaxRank || axis > Shape::kMaxRank) fail(fmt::format("\"{}\" is no axis.", key), "an axis", std::to_string(axis));
  return static_cast<int>(axis);
}

std::optional<double> OpArguments::maybe_number(std::string_view key) {
  const JsonValue* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (!found->is_number()) fail(fmt::format("\"{}\" is no number.", key), "a number", to_json(*found));
  return found->as_double();
}

double OpArguments::number(std::string_view key, double fallback) { return maybe_number(key).value_or(fallback); }

std::string OpArguments::word(std::string_view key, std::string_view fallback) {
  const JsonValue* found = find(key);
  if (found != nullptr && !found->is_string()) fail(fmt::format("\"{}\" is no word.", key), "a string", to_json(*found));
  return found == nullptr ? std::string(fallback) : found->as_string();
}

std::optional<DType> OpArguments::dtype(std::string_view key) {
  const std::string word = this->word(key);
  if (word.empty()) return std::nullopt;
  const std::optional<DType> dtype = dtype_from_string(word);
  if (!dtype) fail(fmt::format("\"{}\" is no dtype.", key), "float32, int32, bool, ...", word);
  return dtype;
}

std::optional<std::vector<std::int64_t>> OpArguments::maybe_integers(std::string_view key) {
  const JsonValue* found = find(key);
  if (found == nullptr) return std::nullopt;
  std::vector<std::int64_t> values;
  const auto add = [&](const JsonValue& item) {
    if (item.kind() != JsonValue::Kind::kInt) fail(fmt::format("\"{}\" is no list of integers.", key), "integers", to_json(*found));
    values.push_back(item.as_int());
  };
  if (found->is_array()) {
    for (const JsonValue& item : found->items()) add(item);
  } else {
    add(*found);
  }
  return values;
}

std::vector<std::int64_t> OpArguments::integers(std::string_view key) {
  const auto values = maybe_integers(key);
  if (!values) fail(fmt::format("\"{}\" is missing.", key), "an integer or a list of integers");
  return *values;
}

Axes OpArguments::axes(std::string_view key) {
  const auto values = maybe_integers(key);
  return values ? Axes(std::span<const std::int64_t>(*values)) : Axes();
}

const JsonValue* OpArguments::argument(std::size_t place, std::string_view name) {
  known_places_ = std::max(known_places_, place + 1);
  known_names_.push_back(name);
  const JsonValue* found = place < args_.items().size() ? &args_.items()[place] : kwargs_.find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

Operand OpArguments::read_operand(const JsonValue& value, std::string_view name) const {
  if (const auto input = place_of(value)) return Operand(*input);
  if (value.is_bool()) return Operand(Tensor(value.as_bool()));
  if (value.is_number()) return {value.as_double(), value.is_int()};
  try {
    return Operand(constant_from_json(JsonView(value)));
  } catch (const FormatError& error) {
    fail(fmt::format("its argument \"{}\" is no tensor: {}", name, error.parts().what), "a tensor, a number, or numbers in lists");
  }
}

std::optional<Operand> OpArguments::maybe_operand(std::size_t place, std::string_view name) {
  const JsonValue* found = argument(place, name);
  return found == nullptr ? std::nullopt : std::optional(read_operand(*found, name));
}

Operand OpArguments::operand(std::size_t place, std::string_view name) {
  const JsonValue* found = argument(place, name);
  if (found == nullptr) fail(fmt::format("its argument \"{}\" is missing.", name), "a tensor");
  return read_operand(*found, name);
}

std::vector<Operand> OpArguments::operands(std::size_t place, std::string_view name) {
  const JsonValue* found = argument(place, name);
  if (found == nullptr || !found->is_array() || found->items().empty()) fail(fmt::format("its argument \"{}\" is no list.", name), "a list of tensors");
  std::vector<Operand> list;
  for (const JsonValue& item : found->items()) list.push_back(read_operand(item, name));
  return list;
}

std::vector<Operand> OpArguments::rest(std::size_t first) {
  std::vector<Operand> list;
  for (std::size_t i = first; i < args_.items().size(); ++i) list.push_back(operand(i, ""));
  if (list.empty()) fail("it has no arguments.", "tensors");
  return list;
}

void OpArguments::refuse_others() const {
  if (args_.items().size() > known_places_) {
    fail("it has too many arguments.", fmt::format("at most {}", known_places_), std::to_string(args_.items().size()));
  }
  const auto knows = [](const std::vector<std::string_view>& names, const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  for (const JsonMember& member : kwargs_.members()) {
    if (!knows(known_names_, member.key)) fail(fmt::format("it has no argument \"{}\".", member.key), fmt::format("{}", fmt::join(known_names_, ", ")));
  }
  const JsonValue* config = object_.value().find("config");
  if (config == nullptr || !config->is_object()) fail("its config is missing.", "an object");
  for (const JsonMember& member : config->members()) {
    if (member.key != "name" && !knows(known_keys_, member.key) && !member.value.is_null()) {
      fail(fmt::format("its config has no \"{}\" here.", member.key), fmt::format("{}", fmt::join(known_keys_, ", ")), to_json(member.value));
    }
  }
}

Tensor flattened(const Tensor& x) { return x.rank() == 1 ? x : reshape(x, Shape({-1})); }

int axis_of(const Tensor& x, std::int64_t axis) {
  const std::int64_t rank = x.rank();
  if (axis < -rank || axis >= rank) {
    throw InvalidArgument({.what = fmt::format("There is no axis {} in a tensor of shape {}.", axis, to_string(x.shape())),
                           .expected = fmt::format("-{} <= axis < {}", rank, rank),
                           .received = std::to_string(axis)});
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

std::int64_t known_size(const Tensor& x, int axis) {
  const std::int64_t size = x.shape()[axis];
  if (size > 0) return size;
  throw Unsupported({.what = fmt::format("This operation needs to know the size of axis {} of a tensor of shape {}.", axis, to_string(x.shape())),
                     .expected = "a size of 1 or more"});
}

}  // namespace namesake::nn
