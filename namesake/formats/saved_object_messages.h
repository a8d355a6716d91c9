// The objects of a SavedModel between protobuf messages and plain data.
#pragma once

#include "namesake/formats/messages.h"
#include "namesake/formats/saved_model.h"

namespace namesake::proto {
class SavedObjectGraph;
class StructuredValue;
}  // namespace namesake::proto

namespace namesake::formats {

[[nodiscard]] StructuredValue take_structure(proto::StructuredValue& message, const MessagePlace& place);
void put_structure(const StructuredValue& value, proto::StructuredValue& message);

/// Throws FormatError if an edge, a slot or a function's argument leads to no object.
[[nodiscard]] SavedModelObjects take_objects(proto::SavedObjectGraph& message, const MessagePlace& place);
/// Functions are written sorted by name.
void put_objects(const SavedModelObjects& objects, proto::SavedObjectGraph& message);

}  // namespace namesake::formats
