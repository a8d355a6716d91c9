// Graphs between protobuf messages and plain data: what files of several kinds hold a graph in.
#pragma once

#include <cstddef>
#include <span>
#include <string>

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

/// Why take_tensor would throw Unsupported; "" if it would not.
[[nodiscard]] std::string why_unreadable(const proto::TensorProto& message);

/// Of a GraphDef's bytes, node by node: no whole message stands beside the graph. Throws FormatError.
[[nodiscard]] GraphDef take_graph(std::span<const std::byte> bytes, const MessagePlace& place);
void put_graph(const GraphDef& graph, proto::GraphDef& message);

}  // namespace namesake::formats
