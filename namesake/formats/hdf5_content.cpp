#include "namesake/formats/hdf5_content.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "namesake/base/atomic_file.h"
#include "namesake/base/error.h"
#include "namesake/formats/container/hdf5_writer.h"

namespace namesake::formats {
namespace {

template <class T>
std::vector<T> all(const JsonArray& items, const auto& get) {
  std::vector<T> values;
  for (const JsonValue& item : items) values.push_back(get(item));
  return values;
}

void write_attribute(Hdf5Writer& writer, const std::string& path, const JsonMember& attribute) {
  const std::string& name = attribute.key;
  const JsonValue& value = attribute.value;
  const auto all_are = [&](const auto& is) {
    return value.is_array() && std::all_of(value.items().begin(), value.items().end(), is);
  };
  if (value.is_string()) return writer.attribute(path, name, std::string_view(value.as_string()));
  if (value.kind() == JsonValue::Kind::kInt) return writer.attribute(path, name, value.as_int());
  if (value.is_float()) return writer.attribute(path, name, value.as_double());
  if (all_are([](const JsonValue& item) { return item.is_string(); })) {
    const auto texts = all<std::string>(value.items(), [](const JsonValue& item) { return item.as_string(); });
    return writer.attribute(path, name, std::span<const std::string>(texts));
  }
  if (all_are([](const JsonValue& item) { return item.kind() == JsonValue::Kind::kInt; })) {
    const auto numbers = all<std::int64_t>(value.items(), [](const JsonValue& item) { return item.as_int(); });
    return writer.attribute(path, name, std::span<const std::int64_t>(numbers));
  }
  throw InvalidArgument({.subject = path,
                         .what = fmt::format("The attribute \"{}\" of the group \"{}\" cannot be written.", name, path),
                         .expected = "a string, a number, a list of strings or of integers",
                         .received = to_json(value)});
}

}  // namespace

std::uint64_t write_hdf5(Hdf5Sink& sink, const std::string& name, const std::vector<GroupContent>& groups,
                         const std::vector<ArrayContent>& arrays) {
  Hdf5Writer writer(sink, name);
  for (const GroupContent& group : groups) {
    if (!group.path.empty()) writer.group(group.path);
    for (const JsonMember& attribute : group.attributes.members()) {
      write_attribute(writer, group.path.empty() ? "/" : group.path, attribute);
    }
  }
  for (const ArrayContent& array : arrays) {
    writer.dataset(array.path, array.dtype, array.shape, array.bytes.span);
  }
  return writer.close();
}

void write_hdf5_file(const std::string& path, const Hdf5Content& content) {
  base::AtomicFile file(path);
  Hdf5FileSink sink(file);
  write_hdf5(sink, path, content.groups, content.arrays);
  file.commit();
}

}  // namespace namesake::formats
