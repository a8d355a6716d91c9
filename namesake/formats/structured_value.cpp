// Nested values (StructuredValue) between messages and plain data. Both directions are as deep as the message nests: parsing has a limit.
#include <namesake_proto/saved_objects.pb.h>

#include <cstring>

#include "namesake/formats/saved_object_messages.h"

namespace namesake::formats {
namespace {

using Fields = google::protobuf::RepeatedPtrField<proto::StructuredValue::Field>;

std::vector<StructuredValue> take_all(proto::StructuredValue::Values& messages, const MessagePlace& place) {
  std::vector<StructuredValue> values;
  values.reserve(static_cast<std::size_t>(messages.values_size()));
  for (proto::StructuredValue& message : *messages.mutable_values()) values.push_back(take_structure(message, place));
  return values;
}

std::vector<StructuredField> take_fields(Fields& messages, const MessagePlace& place) {
  std::vector<StructuredField> fields;
  fields.reserve(static_cast<std::size_t>(messages.size()));
  for (proto::StructuredValue::Field& message : messages) {
    auto& field = fields.emplace_back();
    field.name = std::move(*message.mutable_key());
    field.value = take_structure(*message.mutable_value(), MessagePlace(place, "field", field.name));
  }
  return fields;
}

StructuredValue::TensorSpec take_spec(proto::StructuredValue::TensorSpec& message, const MessagePlace& place) {
  StructuredValue::TensorSpec spec;
  spec.name = std::move(*message.mutable_name());
  const MessagePlace here(place, "tensor", spec.name);
  spec.shape = read_shape(message.shape(), here);
  spec.dtype = read_dtype(message.dtype(), here);
  return spec;
}

void put_fields(const std::vector<StructuredField>& fields, Fields& messages) {
  for (const auto& field : fields) {
    proto::StructuredValue::Field* message = messages.Add();
    message->set_key(field.name);
    put_structure(field.value, *message->mutable_value());
  }
}

struct Put {
  proto::StructuredValue& message;

  void operator()(const StructuredValue::None&) const { message.mutable_none_value(); }
  void operator()(double value) const { message.set_float64_value(value); }
  void operator()(std::int64_t value) const { message.set_int64_value(value); }
  void operator()(const std::string& value) const { message.set_string_value(value); }
  void operator()(bool value) const { message.set_bool_value(value); }
  void operator()(const Shape& value) const { put_shape(value, *message.mutable_tensor_shape_value()); }
  void operator()(DType value) const { message.set_tensor_dtype_value(static_cast<std::int32_t>(value)); }
  void operator()(const StructuredValue::TensorSpec& value) const {
    auto& spec = *message.mutable_tensor_spec_value();
    spec.set_name(value.name);
    put_shape(value.shape, *spec.mutable_shape());
    spec.set_dtype(static_cast<std::int32_t>(value.dtype));
  }
  void operator()(const StructuredValue::List& value) const { put_all(value.values, *message.mutable_list_value()); }
  void operator()(const StructuredValue::Tuple& value) const { put_all(value.values, *message.mutable_tuple_value()); }
  void operator()(const StructuredValue::Dict& value) const { put_fields(value.fields, *message.mutable_dict_value()->mutable_fields()); }
  void operator()(const StructuredValue::NamedTuple& value) const {
    message.mutable_named_tuple_value()->set_name(value.name);
    put_fields(value.fields, *message.mutable_named_tuple_value()->mutable_values());
  }
  void operator()(const StructuredValue::Other& value) const { static_cast<void>(parse_message(std::as_bytes(std::span(value.bytes)), message)); }

  static void put_all(const std::vector<StructuredValue>& values, proto::StructuredValue::Values& messages) {
    for (const StructuredValue& value : values) put_structure(value, *messages.add_values());
  }
};

}  // namespace

StructuredValue take_structure(proto::StructuredValue& message, const MessagePlace& place) {
  using Message = proto::StructuredValue;
  const bool too_many_axes = (message.has_tensor_shape_value() && !why_unreadable(message.tensor_shape_value()).empty()) ||
                             (message.has_tensor_spec_value() && !why_unreadable(message.tensor_spec_value().shape()).empty());
  if (too_many_axes) return {StructuredValue::Other{message_bytes(message, "a value")}};
  switch (message.kind_case()) {
    case Message::kFloat64Value: return {message.float64_value()};
    case Message::kInt64Value: return {static_cast<std::int64_t>(message.int64_value())};
    case Message::kStringValue: return {std::move(*message.mutable_string_value())};
    case Message::kBoolValue: return {message.bool_value()};
    case Message::kTensorShapeValue: return {read_shape(message.tensor_shape_value(), place)};
    case Message::kTensorDtypeValue: return {read_dtype(message.tensor_dtype_value(), place)};
    case Message::kTensorSpecValue: return {take_spec(*message.mutable_tensor_spec_value(), place)};
    case Message::kListValue: return {StructuredValue::List{take_all(*message.mutable_list_value(), place)}};
    case Message::kTupleValue: return {StructuredValue::Tuple{take_all(*message.mutable_tuple_value(), place)}};
    case Message::kDictValue: return {StructuredValue::Dict{take_fields(*message.mutable_dict_value()->mutable_fields(), place)}};
    case Message::kNamedTupleValue: {
      auto& tuple = *message.mutable_named_tuple_value();
      return {StructuredValue::NamedTuple{std::move(*tuple.mutable_name()), take_fields(*tuple.mutable_values(), place)}};
    }
    case Message::kTypeSpecValue:
    case Message::kBoundedTensorSpecValue:
    case Message::kTensorValue:
    case Message::kNumpyValue: return {StructuredValue::Other{message_bytes(message, "a value")}};
    case Message::kNoneValue:
    case Message::KIND_NOT_SET: break;
  }
  return {StructuredValue::None{}};
}

void put_structure(const StructuredValue& value, proto::StructuredValue& message) { std::visit(Put{message}, value.kind); }

}  // namespace namesake::formats
