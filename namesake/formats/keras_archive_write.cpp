#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "namesake/base/atomic_file.h"
#include "namesake/formats/container/hdf5_sink.h"
#include "namesake/formats/container/zip_writer.h"
#include "namesake/formats/keras_archive.h"

namespace namesake::formats {
namespace {

constexpr std::string_view kWeightsName = "model.weights.h5";
constexpr std::uint64_t kAlignment = 64;            // of the weights file, so of what it aligns itself
constexpr std::int64_t kFirstDay = 315'532'800;     // 1980-01-01, the first day that a zip archive can hold
constexpr std::int64_t kLastDay = 253'402'300'799;  // 9999-12-31, the last with a year of four digits

std::int64_t save_date() {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr) return kFirstDay;
  const std::string_view digits(text);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && seconds >= 0 && seconds <= kLastDay ? seconds : kFirstDay;
}

std::uint64_t aligned(std::uint64_t offset) { return (offset + kAlignment - 1) / kAlignment * kAlignment; }

}  // namespace

JsonValue keras_metadata(std::string_view keras_version) {
  const auto date = static_cast<std::time_t>(save_date());
  return JsonValue::object(
      {{"keras_version", keras_version}, {"date_saved", fmt::format("{:%Y-%m-%d@%H:%M:%S}", fmt::gmtime(date))}});
}

void write_keras_archive(const std::string& path, const KerasArchiveContent& content) {
  const std::string metadata = to_json(content.metadata.is_null() ? keras_metadata() : content.metadata);
  const std::string config = to_json(content.config);
  base::AtomicFile file(path);
  ZipWriter zip(file);
  zip.add("metadata.json", metadata);
  zip.add("config.json", config);
  // The weights are written where they will stay; their entry's header is laid before them afterwards.
  const std::uint64_t start = aligned(zip.position() + ZipWriter::room_for(kWeightsName));
  PartSums sums;
  Hdf5FileSink sink(file, start, &sums);
  const std::uint64_t size = write_hdf5(sink, fmt::format("{}: {}", path, kWeightsName), content.groups, content.arrays);
  zip.add_in_place(kWeightsName, start, size, sums);
  for (const EntryContent& extra : content.extras) zip.add(extra.name, extra.content);
  zip.finish();
  file.commit();
}

}  // namespace namesake::formats
