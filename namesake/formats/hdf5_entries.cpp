#include "namesake/formats/hdf5_entries.h"

#include <utility>

#include "namesake/base/utf8.h"
#include "namesake/formats/container/hdf5_file.h"

namespace namesake::formats {
namespace {

constexpr std::size_t kMuch = 1 << 16;  // bytes

struct OpenHdf5 {
  explicit OpenHdf5(Hdf5Bytes bytes) : source(std::move(bytes)), file(source.bytes, source.name) {}
  Hdf5Bytes source;
  Hdf5File file;
};

class Hdf5Dataset : public ByteSource {
 public:
  Hdf5Dataset(std::shared_ptr<const OpenHdf5> open, const Hdf5Object& object)
      : open_(std::move(open)), object_(object) {}

  [[nodiscard]] std::optional<std::span<const std::byte>> mapped() const override { return open_->file.data(object_); }
  // Little lies in memory already, on the pages that the structure stands on.
  void read_into(std::span<std::byte> out) const override {
    const auto offset = out.size() < kMuch || !open_->source.file ? std::nullopt : open_->file.data_offset(object_);
    if (!offset || out.size() != object_.byte_size) return open_->file.read(object_, out);
    open_->source.file->read_at(*open_->source.offset + *offset, out);
  }
  [[nodiscard]] std::vector<std::string> read_strings() const override { return open_->file.read_strings(object_); }

 private:
  std::shared_ptr<const OpenHdf5> open_;
  const Hdf5Object& object_;  // in open_
};

// One value, or a list of them; null if the attribute's type is not understood.
JsonValue to_json_value(const Hdf5Attribute& attribute) {
  if (!attribute.unsupported.empty()) return {};
  JsonValue list = JsonValue::array();
  for (const std::string& text : attribute.strings) list.push_back(base::to_shown_utf8(text));
  for (const std::int64_t value : attribute.integers) {
    list.push_back(attribute.dtype == DType::kBool ? JsonValue(value != 0) : JsonValue(value));
  }
  for (const double value : attribute.reals) list.push_back(value);
  if (attribute.is_scalar && list.items().size() == 1) return std::move(list.items().front());
  return list;
}

class Lister {
 public:
  Lister(Hdf5Bytes source, ModelFile& model) : open_(std::make_shared<OpenHdf5>(std::move(source))), model_(model) {}

  void list(const Hdf5Object& object) {
    if (object.is_link() || object.kind == Hdf5Object::Kind::kNamedType) {
      if (object.is_link()) list_link(object);
      return;
    }
    if (object.is_dataset()) return list_dataset(object);
    model_.groups.push_back({shown(object), alias_of(object), attributes(object)});
    // An alias repeats its original: what is below stands there already.
    if (object.alias_of != Hdf5Object::kNone) return;
    for (const Hdf5Object* child : open_->file.children_in_natural_order(object)) list(*child);
  }

  [[nodiscard]] const Hdf5Object& root() const { return open_->file.root(); }

 private:
  static std::string shown(const Hdf5Object& object) {
    return base::to_shown_utf8(std::string_view(object.path).substr(1));
  }

  [[nodiscard]] std::string alias_of(const Hdf5Object& object) const {
    return object.alias_of == Hdf5Object::kNone ? "" : shown(open_->file.objects()[object.alias_of]);
  }

  static JsonValue attributes(const Hdf5Object& object) {
    JsonValue attributes = JsonValue::object();
    for (const Hdf5Attribute& attribute : object.attributes) {
      attributes.add(base::to_shown_utf8(attribute.name), to_json_value(attribute));
    }
    return attributes;
  }

  void list_link(const Hdf5Object& object) {
    model_.links.push_back({.path = shown(object),
                            .target = base::to_shown_utf8(object.target),
                            .external = object.kind != Hdf5Object::Kind::kSoftLink});
  }

  void list_dataset(const Hdf5Object& object) {
    WeightEntry entry{.path = shown(object),
                      .dtype = object.dtype,
                      .shape = object.shape,
                      .byte_size = object.byte_size,
                      .alias_of = alias_of(object),
                      .unsupported = object.unsupported,
                      .attributes = attributes(object)};
    if (const auto offset = open_->file.data_offset(object); offset && open_->source.offset) {
      entry.offset = *open_->source.offset + *offset;
    }
    entry.source = std::make_shared<Hdf5Dataset>(open_, object);
    model_.weights.push_back(std::move(entry));
  }

  std::shared_ptr<const OpenHdf5> open_;
  ModelFile& model_;
};

}  // namespace

void list_hdf5(Hdf5Bytes source, ModelFile& model) {
  Lister lister(std::move(source), model);
  lister.list(lister.root());
}

}  // namespace namesake::formats
