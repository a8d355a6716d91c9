// Graphs between protobuf messages and plain data: what files of several kinds hold a graph in. Reading takes the strings out of
// the message, rather than copying them.
#pragma once

#include "namesake/formats/graph_def.h"
#include "namesake/formats/messages.h"

namespace namesake::proto {
class GraphDef;
class TensorProto;
}  // namespace namesake::proto

namespace namesake::formats {

/// Throws FormatError at `place` for values that do not fit their shape, Unsupported for elements in a form that is not read.
[[nodiscard]] TensorValue take_tensor(proto::TensorProto& message, const MessagePlace& place);
void put_tensor(const TensorValue& tensor, proto::TensorProto& message);

[[nodiscard]] GraphDef take_graph(proto::GraphDef& message, const MessagePlace& place);
void put_graph(const GraphDef& graph, proto::GraphDef& message);

}  // namespace namesake::formats
