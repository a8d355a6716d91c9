#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/container/crc32.h"
#include "namesake/formats/container/json.h"
#include "namesake/formats/container/zip_reader.h"
#include "namesake/formats/hdf5_entries.h"
#include "namesake/formats/keras_archive.h"

namespace namesake::formats {
namespace {

constexpr std::string_view kWeightsName = "model.weights.h5";

struct OpenArchive {
  explicit OpenArchive(const std::string& path) : file(base::MappedFile::open(path)), zip(file->bytes(), path) {}
  std::shared_ptr<const base::MappedFile> file;
  ZipReader zip;
};

class ZipContent : public ByteSource {
 public:
  ZipContent(std::shared_ptr<const OpenArchive> archive, const ZipEntry& entry)
      : archive_(std::move(archive)), entry_(entry) {}

  /// Checked: these are small files, or somebody wants to know.
  [[nodiscard]] std::optional<std::span<const std::byte>> mapped() const override {
    const auto content = archive_->zip.mapped(entry_);
    if (content) archive_->zip.check(entry_);
    return content;
  }
  void read_into(std::span<std::byte> out) const override { archive_->zip.read(entry_, out); }

 private:
  std::shared_ptr<const OpenArchive> archive_;
  const ZipEntry& entry_;  // in archive_
};

JsonValue read_json(const OpenArchive& archive, std::string_view name) {
  const ZipEntry* entry = archive.zip.find(name);
  if (entry == nullptr) return {};
  const std::string text = archive.zip.read_text(*entry);
  // A value takes fifty times the room of its text, which was inflated: what counts is the size in the archive.
  constexpr std::size_t kAlwaysAllowed = 500'000;
  return parse_json(text, {.file = archive.file->path(), .inner = name},
                    {.max_values = kAlwaysAllowed + static_cast<std::size_t>(entry->stored_size)});
}

void list_entries(const std::shared_ptr<const OpenArchive>& archive, ModelFile& model) {
  for (const ZipEntry& entry : archive->zip.entries()) {
    ArchiveEntry listed{.name = entry.name,
                        .size = entry.size,
                        .stored_size = entry.stored_size,
                        .unsafe = entry.unsafe,
                        .source = std::make_shared<ZipContent>(archive, entry)};
    if (archive->zip.mapped(entry)) listed.offset = entry.data_offset;
    model.entries.push_back(std::move(listed));
  }
}

// The weights file as it lies in the archive, or inflated.
Hdf5Bytes open_weights(const std::shared_ptr<const OpenArchive>& archive, const ZipEntry& entry,
                       const KerasReadOptions& options) {
  Hdf5Bytes source{.name = fmt::format("{}: {}", archive->file->path(), kWeightsName)};
  if (const auto mapped = archive->zip.mapped(entry)) {
    if (options.check_weights) archive->zip.check_crc(entry, crc32_in_file(*archive->file, entry.data_offset, entry.size));
    source.bytes = *mapped;
    source.keeper = archive;
    source.offset = entry.data_offset;
    source.file = archive->file;
    return source;
  }
  constexpr std::uint64_t kNoLimit = ~std::uint64_t{0};  // what an entry may inflate to is bounded already
  const auto content = std::make_shared<const std::string>(archive->zip.read_text(entry, kNoLimit));
  source.bytes = std::as_bytes(std::span(*content));
  source.keeper = content;
  return source;
}

void refuse_other_weights(const OpenArchive& archive) {
  for (const char* other : {"model.weights.npz", "model.weights.json"}) {
    if (archive.zip.find(other) == nullptr) continue;
    throw Unsupported(
        {.subject = archive.file->path(),
         .what = fmt::format("{}: The weights are stored in a form that is not read.", archive.file->path()),
         .expected = std::string(kWeightsName),
         .received = other,
         .fix = "save the model again with Keras's defaults"});
  }
}

}  // namespace

ModelFile read_keras_archive(const std::string& path, KerasReadOptions options) {
  const auto archive = std::make_shared<const OpenArchive>(path);
  ModelFile model{.format = "keras", .file = path, .size = archive->file->bytes().size()};
  list_entries(archive, model);
  if (archive->zip.find("config.json") == nullptr) {
    throw FormatError(path, "",
                      {.what = "This is a zip archive, but not of a Keras model.",
                       .expected = "an entry config.json",
                       .received = fmt::format("{} other entries", model.entries.size())});
  }
  model.config = read_json(*archive, "config.json");
  model.metadata = read_json(*archive, "metadata.json");
  const ZipEntry* weights = archive->zip.find(kWeightsName);
  if (weights != nullptr)
    list_hdf5(open_weights(archive, *weights, options), model);
  else
    refuse_other_weights(*archive);
  return model;
}

}  // namespace namesake::formats
