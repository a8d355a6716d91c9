#include "namesake/formats/container/hdf5_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/formats/container/hdf5_driver.h"
#include "namesake/formats/container/hdf5_library.h"

namespace namesake::formats {
namespace {

using hdf5::Channel;
using hdf5::Library;
using hdf5::LibraryLock;

constexpr std::size_t kMaxAttributeBytes = 64000;      // an object header message holds 65,535 with its name and type
constexpr const char* kNameInLibrary = "namesake.h5";  // must not be empty; no file is opened by it
constexpr unsigned kTruncate = 0x0002;                 // H5F_ACC_TRUNC, a macro that calls into the library
constexpr hsize_t kAlignFrom = 256;
constexpr hsize_t kAlignment = 64;

/// An id of the library that closes itself.
class Id {
 public:
  using Close = herr_t (*)(hid_t);
  Id(hid_t id, Close close) noexcept : id_(id), close_(close) {}
  Id(Id&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)), close_(other.close_) {}
  Id& operator=(Id&&) = delete;
  ~Id() {
    if (id_ >= 0) (void)close_(id_);
  }
  [[nodiscard]] hid_t get() const noexcept { return id_; }
  [[nodiscard]] hid_t release() noexcept { return std::exchange(id_, H5I_INVALID_HID); }

 private:
  hid_t id_;
  Close close_;
};

}  // namespace

struct Hdf5Writer::State {
  struct Entry {
    bool is_group = true;
    std::set<std::string, std::less<>> attributes;
  };

  State(Hdf5Sink& sink, std::string name) : library(hdf5::library()), file_name(std::move(name)) {
    channel->sink = &sink;
  }

  ~State() {
    channel->abandoned = true;
    if (file >= 0) (void)close_file();
  }

  herr_t close_file() {
    const LibraryLock lock(library);
    const herr_t status = library.H5Fclose(std::exchange(file, H5I_INVALID_HID));
    // A file that could not be closed is tried again by the library at the program's end: the channel must be there.
    if (status < 0) (void)kept_channel.release();
    return status;
  }

  /// Throws what went wrong, if `result` (an id or status) says that something did, or the sink has failed.
  void check(hid_t result, std::string_view doing) {
    if (result >= 0 && !channel->failure) return;
    channel->abandoned = true;
    if (channel->failure) std::rethrow_exception(channel->failure);
    const std::string reason = library.last_error();
    throw IoError(file_name, fmt::format("{} (the HDF5 library says: {})", doing, reason.empty() ? "nothing" : reason),
                  EIO);
  }

  Id checked(hid_t id, Id::Close close, std::string_view doing) {
    Id owned(id, close);
    check(id, doing);
    return owned;
  }

  [[nodiscard]] std::string subject(std::string_view path) const { return fmt::format("{}: {}", file_name, path); }

  void require_open() const {
    if (file < 0 || channel->abandoned) {
      throw InvalidArgument({.subject = file_name, .what = fmt::format("{}: the HDF5 file is closed.", file_name)});
    }
  }

  std::string normalized(std::string_view path) const;
  void make_parents(const std::string& path);
  void make_group(const std::string& path);
  Id datatype(DType dtype);
  Id half_type();
  Id bool_type();
  Id complex_type(hid_t part, std::size_t size);
  Id text_type();
  Id dataspace(const Shape& shape);
  void write_attribute(std::string_view path, std::string_view name, Id type, const Shape& shape, std::size_t size,
                       const void* values);

  const Library& library;
  std::string file_name;
  std::unique_ptr<Channel> kept_channel = std::make_unique<Channel>();
  Channel* channel = kept_channel.get();
  hid_t file = H5I_INVALID_HID;
  std::map<std::string, Entry> entries;  // by normalized path: "/", "/layers/dense"
};

// "/a/b" for "a/b", "/a/b", "/a/b/"; throws InvalidName for what HDF5 would take for something else.
std::string Hdf5Writer::State::normalized(std::string_view path) const {
  std::string result;
  std::string_view rest = path;
  if (!rest.empty() && rest.front() == '/') rest.remove_prefix(1);
  if (rest.empty()) return "/";
  while (true) {
    const std::size_t slash = std::min(rest.find('/'), rest.size());
    const std::string_view part = rest.substr(0, slash);
    if (part.empty() || part == "." || part.find('\0') != std::string_view::npos) {
      throw InvalidName({.subject = std::string(path),
                         .what = fmt::format("{}: HDF5 cannot hold a link of this name.", subject(path)),
                         .expected = "components that are not empty, not \".\", and without NUL bytes",
                         .received = fmt::format("\"{}\"", part)});
    }
    result += "/";
    result += part;
    if (slash == rest.size()) return result;
    rest.remove_prefix(slash + 1);
  }
}

void Hdf5Writer::State::make_group(const std::string& path) {
  const auto [known, is_new] = entries.try_emplace(path);
  if (!is_new) {
    if (known->second.is_group) return;
    throw NameCollision({.subject = path,
                         .what = fmt::format("{}: a group is wanted where a dataset stands.", subject(path)),
                         .fix = "give the weight and the layer beside it different names"});
  }
  const Id properties =
      checked(library.H5Pcreate(library.H5P_CLS_GROUP_CREATE_ID_g), library.H5Pclose, "making a group");
  check(library.H5Pset_obj_track_times(properties.get(), false), "making a group");
  (void)checked(library.H5Gcreate2(file, path.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), library.H5Gclose,
                "making group " + path);
}

void Hdf5Writer::State::make_parents(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) {
    make_group(path.substr(0, slash));
  }
}

// As h5py makes it.
Id Hdf5Writer::State::half_type() {
  Id type = checked(library.H5Tcopy(library.H5T_IEEE_F32LE_g), library.H5Tclose, "making a type");
  check(library.H5Tset_fields(type.get(), 15, 10, 5, 0, 10), "making a type");
  check(library.H5Tset_size(type.get(), 2), "making a type");
  check(library.H5Tset_ebias(type.get(), 15), "making a type");
  return type;
}

Id Hdf5Writer::State::bool_type() {
  Id type = checked(library.H5Tenum_create(library.H5T_STD_I8LE_g), library.H5Tclose, "making a type");
  const std::int8_t values[] = {0, 1};
  check(library.H5Tenum_insert(type.get(), "FALSE", &values[0]), "making a type");
  check(library.H5Tenum_insert(type.get(), "TRUE", &values[1]), "making a type");
  return type;
}

Id Hdf5Writer::State::complex_type(hid_t part, std::size_t size) {
  Id type = checked(library.H5Tcreate(H5T_COMPOUND, 2 * size), library.H5Tclose, "making a type");
  check(library.H5Tinsert(type.get(), "r", 0, part), "making a type");
  check(library.H5Tinsert(type.get(), "i", size, part), "making a type");
  return type;
}

Id Hdf5Writer::State::text_type() {
  Id type = checked(library.H5Tcopy(library.H5T_C_S1_g), library.H5Tclose, "making a type");
  check(library.H5Tset_size(type.get(), H5T_VARIABLE), "making a type");
  check(library.H5Tset_cset(type.get(), H5T_CSET_UTF8), "making a type");
  check(library.H5Tset_strpad(type.get(), H5T_STR_NULLTERM), "making a type");
  return type;
}

Id Hdf5Writer::State::datatype(DType dtype) {
  const auto copy = [&](hid_t type) { return checked(library.H5Tcopy(type), library.H5Tclose, "making a type"); };
  switch (dtype) {
    case DType::kFloat32:
      return copy(library.H5T_IEEE_F32LE_g);
    case DType::kFloat64:
      return copy(library.H5T_IEEE_F64LE_g);
    case DType::kInt8:
      return copy(library.H5T_STD_I8LE_g);
    case DType::kInt16:
      return copy(library.H5T_STD_I16LE_g);
    case DType::kInt32:
      return copy(library.H5T_STD_I32LE_g);
    case DType::kInt64:
      return copy(library.H5T_STD_I64LE_g);
    case DType::kUInt8:
      return copy(library.H5T_STD_U8LE_g);
    case DType::kUInt16:
      return copy(library.H5T_STD_U16LE_g);
    case DType::kUInt32:
      return copy(library.H5T_STD_U32LE_g);
    case DType::kUInt64:
      return copy(library.H5T_STD_U64LE_g);
    case DType::kFloat16:
      return half_type();
    case DType::kBool:
      return bool_type();
    case DType::kComplex64:
      return complex_type(library.H5T_IEEE_F32LE_g, 4);
    case DType::kComplex128:
      return complex_type(library.H5T_IEEE_F64LE_g, 8);
    case DType::kBFloat16: {
      Id type = checked(library.H5Tcreate(H5T_OPAQUE, 2), library.H5Tclose, "making a type");
      check(library.H5Tset_tag(type.get(), ""), "making a type");
      return type;
    }
    default:
      throw Unsupported({.subject = file_name,
                         .what = fmt::format("{}: HDF5 datasets of {} are not written.", file_name, to_string(dtype))});
  }
}

Id Hdf5Writer::State::dataspace(const Shape& shape) {
  if (shape.rank() == 0) return checked(library.H5Screate(H5S_SCALAR), library.H5Sclose, "making a shape");
  const std::vector<hsize_t> sizes(shape.sizes().begin(), shape.sizes().end());
  return checked(library.H5Screate_simple(shape.rank(), sizes.data(), nullptr), library.H5Sclose, "making a shape");
}

void Hdf5Writer::State::write_attribute(std::string_view path, std::string_view name, Id type, const Shape& shape,
                                        std::size_t size, const void* values) {
  require_open();
  const std::string where = normalized(path), attribute_name(name);
  const auto holder = entries.find(where);
  if (holder == entries.end()) {
    throw InvalidArgument(
        {.subject = where,
         .what = fmt::format("{}: nothing is here that could have attribute \"{}\".", subject(where), name)});
  }
  if (name.empty() || name.find('\0') != std::string_view::npos) {
    throw InvalidName({.subject = where,
                       .what = fmt::format("{}: HDF5 cannot hold an attribute of this name.", subject(where)),
                       .received = fmt::format("\"{}\"", name)});
  }
  if (size > kMaxAttributeBytes) {
    throw Unsupported({.subject = where,
                       .what = fmt::format("{}: attribute \"{}\" is too large for HDF5.", subject(where), name),
                       .expected = fmt::format("at most {} bytes", kMaxAttributeBytes),
                       .received = fmt::format("{}", size),
                       .fix = "split it over several attributes"});
  }
  if (!holder->second.attributes.insert(attribute_name).second) {
    throw NameCollision(
        {.subject = where, .what = fmt::format("{}: two attributes are called \"{}\".", subject(where), name)});
  }
  const std::string doing = fmt::format("writing attribute {} of {}", name, where);
  const Id object = checked(library.H5Oopen(file, where.c_str(), H5P_DEFAULT), library.H5Oclose, doing);
  const Id space = dataspace(shape);
  const Id attribute = checked(
      library.H5Acreate2(object.get(), attribute_name.c_str(), type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
      library.H5Aclose, doing);
  if (size > 0) check(library.H5Awrite(attribute.get(), type.get(), values), doing);
}

Hdf5Writer::Hdf5Writer(Hdf5Sink& sink, std::string file_name)
    : state_(std::make_unique<State>(sink, std::move(file_name))) {
  State& s = *state_;
  const LibraryLock lock(s.library);
  const char* doing = "beginning an HDF5 file";
  const Id access = s.checked(hdf5::channel_access(s.library, *s.channel), s.library.H5Pclose, doing);
  s.check(s.library.H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), doing);
  s.check(s.library.H5Pset_alignment(access.get(), kAlignFrom, kAlignment), doing);
  const Id creation = s.checked(s.library.H5Pcreate(s.library.H5P_CLS_FILE_CREATE_ID_g), s.library.H5Pclose, doing);
  s.check(s.library.H5Pset_obj_track_times(creation.get(), false), doing);
  s.file = s.library.H5Fcreate(kNameInLibrary, kTruncate, creation.get(), access.get());
  s.check(s.file, doing);
  s.entries.try_emplace("/");
}

Hdf5Writer::~Hdf5Writer() = default;

void Hdf5Writer::group(std::string_view path) {
  state_->require_open();
  const std::string where = state_->normalized(path);
  const LibraryLock lock(state_->library);
  state_->make_parents(where);
  state_->make_group(where);
}

void Hdf5Writer::dataset(std::string_view path, DType dtype, const Shape& shape, std::span<const std::byte> bytes) {
  State& s = *state_;
  s.require_open();
  const std::string where = s.normalized(path);
  const auto elements = shape.elements();
  if (!elements || static_cast<std::uint64_t>(*elements) * size_of(dtype) != bytes.size()) {
    throw InvalidArgument({.subject = where,
                           .what = fmt::format("{}: the data have not the size of their shape.", s.subject(where)),
                           .expected = fmt::format("{} elements of {}, {} bytes each", to_string(shape),
                                                   to_string(dtype), size_of(dtype)),
                           .received = fmt::format("{} bytes", bytes.size())});
  }
  const LibraryLock lock(s.library);
  const std::string doing = "writing dataset " + where;
  const Id type = s.datatype(dtype);
  s.make_parents(where);
  if (const auto [known, is_new] = s.entries.try_emplace(where, State::Entry{false, {}}); !is_new) {
    throw NameCollision({.subject = where,
                         .what = fmt::format("{}: a dataset is wanted where a {} stands.", s.subject(where),
                                             known->second.is_group ? "group" : "dataset"),
                         .fix = "give the two different names"});
  }
  const Id space = s.dataspace(shape);
  const Id properties =
      s.checked(s.library.H5Pcreate(s.library.H5P_CLS_DATASET_CREATE_ID_g), s.library.H5Pclose, doing);
  s.check(s.library.H5Pset_obj_track_times(properties.get(), false), doing);
  s.check(s.library.H5Pset_fill_time(properties.get(), H5D_FILL_TIME_NEVER), doing);
  {
    const Id dataset = s.checked(s.library.H5Dcreate2(s.file, where.c_str(), type.get(), space.get(), H5P_DEFAULT,
                                                      properties.get(), H5P_DEFAULT),
                                 s.library.H5Dclose, doing);
    if (!bytes.empty()) {
      s.check(s.library.H5Dwrite(dataset.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), doing);
    }
  }
  if (dtype == DType::kBFloat16) attribute(where, "dtype", "bfloat16");
}

void Hdf5Writer::attribute(std::string_view path, std::string_view name, std::string_view text) {
  const LibraryLock lock(state_->library);
  const std::string copy(text);
  const char* value = copy.c_str();
  state_->write_attribute(path, name, state_->text_type(), Shape::scalar(), sizeof value, &value);
}

void Hdf5Writer::attribute(std::string_view path, std::string_view name, std::span<const std::string> texts) {
  const LibraryLock lock(state_->library);
  std::vector<const char*> values;
  for (const std::string& text : texts) values.push_back(text.c_str());
  constexpr std::size_t kElement = 16;  // what stands in the header for a string of variable length
  state_->write_attribute(path, name, state_->text_type(), Shape({static_cast<std::int64_t>(texts.size())}),
                          texts.size() * kElement, values.data());
}

void Hdf5Writer::attribute(std::string_view path, std::string_view name, std::int64_t number) {
  const LibraryLock lock(state_->library);
  state_->write_attribute(path, name, state_->datatype(DType::kInt64), Shape::scalar(), sizeof number, &number);
}

void Hdf5Writer::attribute(std::string_view path, std::string_view name, std::span<const std::int64_t> numbers) {
  const LibraryLock lock(state_->library);
  state_->write_attribute(path, name, state_->datatype(DType::kInt64),
                          Shape({static_cast<std::int64_t>(numbers.size())}), numbers.size_bytes(), numbers.data());
}

void Hdf5Writer::attribute(std::string_view path, std::string_view name, double number) {
  const LibraryLock lock(state_->library);
  state_->write_attribute(path, name, state_->datatype(DType::kFloat64), Shape::scalar(), sizeof number, &number);
}

std::uint64_t Hdf5Writer::close() {
  State& s = *state_;
  s.require_open();
  const LibraryLock lock(s.library);
  s.check(s.close_file(), "finishing the HDF5 file");
  return s.channel->written;
}

}  // namespace namesake::formats
