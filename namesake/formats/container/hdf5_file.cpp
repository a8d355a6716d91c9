#include "namesake/formats/container/hdf5_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "namesake/base/error.h"
#include "namesake/base/utf8.h"
#include "namesake/formats/container/hdf5_attributes.h"
#include "namesake/formats/container/hdf5_dataset.h"
#include "namesake/formats/container/hdf5_groups.h"
#include "namesake/formats/container/hdf5_heaps.h"
#include "namesake/formats/container/hdf5_superblock.h"
#include "namesake/naming/natural_order.h"

namespace namesake::formats {

using hdf5::Context;
using hdf5::Dataset;
using hdf5::GlobalHeap;
using hdf5::Link;
using hdf5::Message;
using hdf5::Source;

namespace {

constexpr std::size_t kMaxDepth = 100;        // groups within groups
constexpr std::size_t kMaxObjects = 1 << 20;  // a thousand times what a large model has
// What compressed and unwritten data may claim, all datasets together: so much, and so many times the size of the file.
constexpr std::uint64_t kAlwaysClaimed = 32 << 20;
constexpr std::uint64_t kMostClaimed = 100;

std::string_view layout_word(const Dataset& dataset) {
  if (dataset.space.null) return "null";
  switch (dataset.layout.kind) {
    case hdf5::Layout::Kind::kCompact:
      return "compact";
    case hdf5::Layout::Kind::kContiguous:
      return dataset.layout.address == hdf5::kUndefined ? "unallocated" : "contiguous";
    case hdf5::Layout::Kind::kChunked:
      return "chunked";
    case hdf5::Layout::Kind::kUnknown:
      break;
  }
  return "unknown";
}

// Keras and h5py store bfloat16 as two opaque bytes, and say so in an attribute.
void settle_opaque(Hdf5Object& object, Dataset& dataset) {
  if (!dataset.type.opaque || !dataset.unsupported.empty()) return;
  const Hdf5Attribute* word = object.attribute("dtype");
  if (dataset.type.size == 2 && word != nullptr && word->strings.size() == 1 && word->strings.front() == "bfloat16") {
    dataset.type.dtype = DType::kBFloat16;
  } else {
    dataset.unsupported = fmt::format("opaque datatype of {} bytes", dataset.type.size);
  }
}

}  // namespace

struct Hdf5File::Contents {
  Source source;
  std::vector<Hdf5Object> objects;
  std::map<std::size_t, Dataset> datasets;  // by index in objects
};

namespace {

// Walks the groups depth first and lists what they hold.
class Walk {
 public:
  Walk(const Source& source, std::vector<Hdf5Object>& objects, std::map<std::size_t, Dataset>& datasets)
      : context_(source, "/"), strings_(context_), objects_(objects), datasets_(datasets) {}

  void run(std::uint64_t root) {
    objects_.push_back({.path = "/"});
    visit_header(0, root, 0);
    if (!objects_.front().is_group()) context_.damaged(root, "the root is no group.");
  }

 private:
  void visit_link(std::size_t parent, Link link, std::size_t depth) {
    const std::size_t index = objects_.size();
    if (link.name.empty() || link.name.find_first_of(std::string_view("/\0", 2)) != std::string::npos) {
      context_.damaged(hdf5::kUndefined, "a link has an impossible name.", "a name without slashes and NULs",
                       link.name.empty() ? "an empty one" : base::to_shown_utf8(link.name));
    }
    if (index >= kMaxObjects) context_.unsupported(fmt::format("more than {} objects", kMaxObjects));
    Hdf5Object object;
    object.path = (parent == 0 ? "" : objects_[parent].path) + "/" + link.name;
    object.name = std::move(link.name);
    object.parent = parent;
    object.target = std::move(link.target);
    // A path repeats the names above it: hostile names of great length, deeply nested, must not add up.
    context_.spend(link.address, object.path.size() / 4);
    const Link::Kind kind = link.kind;
    if (kind != Link::Kind::kHard) {
      object.kind = kind == Link::Kind::kSoft       ? Hdf5Object::Kind::kSoftLink
                    : kind == Link::Kind::kExternal ? Hdf5Object::Kind::kExternalLink
                                                    : Hdf5Object::Kind::kOtherLink;
    }
    objects_.push_back(std::move(object));
    objects_[parent].children.push_back(index);
    if (kind == Link::Kind::kHard) visit_header(index, link.address, depth);
  }

  void visit_header(std::size_t index, std::uint64_t address, std::size_t depth) {
    context_.enter(objects_[index].path);
    const auto [known, is_new] = first_.emplace(address, index);
    if (!is_new) return make_alias(index, known->second);
    if (depth > kMaxDepth) context_.damaged(address, "groups are nested too deeply.", fmt::format("{}", kMaxDepth));
    const std::vector<Message> header = hdf5::read_header(context_, address);
    Hdf5Object& object = objects_[index];
    object.address = address + context_.source().base;
    object.attributes = hdf5::read_attributes(context_, strings_, header);
    const auto holds = [&](hdf5::MessageType type) {
      return std::any_of(header.begin(), header.end(), [&](const Message& message) { return message.type == type; });
    };
    if (hdf5::is_group(header)) {
      for (Link& link : hdf5::read_links(context_, header)) {
        visit_link(index, std::move(link), depth + 1);
        context_.enter(objects_[index].path);
      }
    } else if (holds(hdf5::MessageType::kLayout)) {
      describe(index, hdf5::parse_dataset(context_, header));
    } else if (holds(hdf5::MessageType::kDatatype)) {
      object.kind = Hdf5Object::Kind::kNamedType;
    } else {
      context_.damaged(address, "the object is no group, no dataset and no type.");
    }
  }

  void make_alias(std::size_t index, std::size_t original) {
    Hdf5Object& object = objects_[index];
    const Hdf5Object& other = objects_[original];
    object.alias_of = original;
    object.kind = other.kind;
    object.address = other.address;
    object.dtype = other.dtype;
    object.shape = other.shape;
    object.byte_size = other.byte_size;
    object.layout = other.layout;
    object.stored_size = other.stored_size;
    object.unsupported = other.unsupported;
  }

  void describe(std::size_t index, Dataset dataset) {
    Hdf5Object& object = objects_[index];
    object.kind = Hdf5Object::Kind::kDataset;
    settle_opaque(object, dataset);
    object.layout = layout_word(dataset);
    if (dataset.unsupported.empty()) {
      try {
        if (!hdf5::in_one_piece(dataset)) claim(dataset.bytes);
        object.shape = dataset.space.null ? Shape({0}) : hdf5::to_shape(context_, dataset.space);
        object.dtype = dataset.type.dtype;
        object.byte_size = dataset.type.text == hdf5::Datatype::Text::kNone ? dataset.bytes : 0;
        object.stored_size = hdf5::stored_elements(context_.source(), dataset).size();
      } catch (const Unsupported& error) {
        dataset.unsupported = error.parts().received;
      }
    }
    object.unsupported = dataset.unsupported;
    datasets_.emplace(index, std::move(dataset));
  }

  void claim(std::uint64_t bytes) {
    const std::uint64_t file_size = context_.source().bytes.size();
    const std::uint64_t left = kAlwaysClaimed + kMostClaimed * file_size - claimed_;
    if (bytes > left) {
      context_.unsupported(fmt::format("{} bytes of data, after {}, in a file of {} bytes", bytes, claimed_, file_size));
    }
    claimed_ += bytes;
  }

  Context context_;
  GlobalHeap strings_;
  std::uint64_t claimed_ = 0;
  std::vector<Hdf5Object>& objects_;
  std::map<std::size_t, Dataset>& datasets_;
  std::map<std::uint64_t, std::size_t> first_;  // header address -> the first link to it
};

}  // namespace

const Hdf5Attribute* Hdf5Object::attribute(std::string_view wanted) const noexcept {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&](const Hdf5Attribute& attribute) { return attribute.name == wanted; });
  return found == attributes.end() ? nullptr : &*found;
}

Hdf5File::Hdf5File(std::span<const std::byte> bytes, std::string file_name) : contents_(std::make_unique<Contents>()) {
  hdf5::Superblock superblock = hdf5::read_superblock(bytes, std::move(file_name));
  contents_->source = std::move(superblock.source);
  Walk(contents_->source, contents_->objects, contents_->datasets).run(superblock.root);
}

Hdf5File::~Hdf5File() = default;
Hdf5File::Hdf5File(Hdf5File&&) noexcept = default;
Hdf5File& Hdf5File::operator=(Hdf5File&&) noexcept = default;

bool Hdf5File::looks_like_hdf5(std::span<const std::byte> bytes) noexcept {
  return hdf5::find_superblock(bytes).has_value();
}

const std::vector<Hdf5Object>& Hdf5File::objects() const noexcept { return contents_->objects; }
const std::string& Hdf5File::file_name() const noexcept { return contents_->source.file_name; }

const Hdf5Object& Hdf5File::original(const Hdf5Object& object) const {
  return object.alias_of == Hdf5Object::kNone ? object : contents_->objects[object.alias_of];
}

const Hdf5Object* Hdf5File::child(const Hdf5Object& group, std::string_view name) const {
  for (const std::size_t index : original(group).children) {
    if (contents_->objects[index].name == name) return &contents_->objects[index];
  }
  return nullptr;
}

const Hdf5Object* Hdf5File::find(std::string_view path) const {
  const Hdf5Object* at = &root();
  while (at != nullptr && !path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    if (slash > 0) at = child(*at, path.substr(0, slash));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return at;
}

std::vector<const Hdf5Object*> Hdf5File::children_in_natural_order(const Hdf5Object& group) const {
  std::vector<const Hdf5Object*> result;
  for (const std::size_t index : original(group).children) result.push_back(&contents_->objects[index]);
  std::stable_sort(result.begin(), result.end(),
                   [](const auto* a, const auto* b) { return naming::natural_less(a->name, b->name); });
  return result;
}

const hdf5::Dataset& Hdf5File::readable(const Hdf5Object& object) const {
  const std::string where = fmt::format("{}: {}", file_name(), object.path);
  if (!object.is_dataset()) {
    throw Unsupported({.subject = object.path,
                       .what = fmt::format("{}: only datasets have data to read.", where),
                       .received = object.is_link() ? "a link to " + object.target : "a group or type"});
  }
  const std::size_t index = object.alias_of == Hdf5Object::kNone
                                ? static_cast<std::size_t>(&object - contents_->objects.data())
                                : object.alias_of;
  const auto found = contents_->datasets.find(index);
  if (found == contents_->datasets.end()) {
    throw InvalidArgument({.subject = object.path, .what = fmt::format("{}: the object is of another file.", where)});
  }
  if (!object.unsupported.empty()) {
    throw Unsupported({.subject = object.path,
                       .what = fmt::format("{}: this kind of dataset is not read here.", where),
                       .received = object.unsupported,
                       .fix = "write the file again with h5py's default settings"});
  }
  return found->second;
}

std::optional<std::span<const std::byte>> Hdf5File::data(const Hdf5Object& object) const {
  if (!object.is_dataset() || !object.unsupported.empty()) return std::nullopt;
  const Dataset& dataset = readable(object);
  const bool as_it_is = dataset.type.text == hdf5::Datatype::Text::kNone && dataset.type.swap_unit == 1 &&
                        dataset.type.dtype != DType::kBool;
  const auto stored = hdf5::stored_elements(contents_->source, dataset);
  if (!as_it_is || (stored.empty() && dataset.bytes > 0)) return std::nullopt;
  return stored;
}

std::optional<std::uint64_t> Hdf5File::data_offset(const Hdf5Object& object) const {
  const auto stored = data(object);
  if (!stored || stored->empty()) return std::nullopt;
  return readable(object).layout.address + contents_->source.base;
}

void Hdf5File::read(const Hdf5Object& object, std::span<std::byte> out) const {
  const Dataset& dataset = readable(object);
  Context context(contents_->source, object.path);
  if (dataset.type.text != hdf5::Datatype::Text::kNone) context.unsupported("strings as bytes; see read_strings");
  if (out.size() != object.byte_size) {
    throw InvalidArgument(
        {.subject = object.path,
         .what = fmt::format("{}: {}: the buffer has another size than the dataset.", file_name(), object.path),
         .expected = fmt::format("{} bytes", object.byte_size),
         .received = fmt::format("{}", out.size())});
  }
  hdf5::read_elements(context, dataset, out);
  hdf5::to_native(dataset.type, out);
}

std::vector<std::string> Hdf5File::read_strings(const Hdf5Object& object) const {
  const Dataset& dataset = readable(object);
  Context context(contents_->source, object.path);
  if (dataset.type.text == hdf5::Datatype::Text::kNone) {
    context.unsupported(fmt::format("{} elements as strings; see read", to_string(object.dtype)));
  }
  if (dataset.space.elements > contents_->source.bytes.size()) {
    context.unsupported(
        fmt::format("{} strings in a file of {} bytes", dataset.space.elements, contents_->source.bytes.size()));
  }
  std::vector<std::byte> elements(dataset.bytes);
  hdf5::read_elements(context, dataset, elements);
  // The elements are laid out as in the file, so a cursor over them reads them as it would there.
  const Source copy{elements, 0, file_name(), contents_->source.offset_size, contents_->source.length_size};
  Context element_context(copy, object.path);
  hdf5::Cursor cursor = element_context.window(0, elements.size(), "strings");
  GlobalHeap strings(context);
  std::vector<std::string> result;
  while (cursor.remaining() > 0) {
    hdf5::Cursor element = cursor.window(dataset.type.size);
    result.push_back(dataset.type.text == hdf5::Datatype::Text::kVariable
                         ? strings.text(element)
                         : hdf5::fixed_text(dataset.type, element.bytes(dataset.type.size)));
  }
  return result;
}

}  // namespace namesake::formats
