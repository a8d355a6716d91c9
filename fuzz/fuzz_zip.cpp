// Zip archives.
#include "fuzz/answers.h"
#include "namesake/formats/container/zip_reader.h"

using namespace namesake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  (void)formats::ZipReader::looks_like_zip(fuzz::bytes_of(data, size));
  fuzz::answers([&] {
    const formats::ZipReader zip(fuzz::bytes_of(data, size), "input.zip");
    for (const formats::ZipEntry& entry : zip.entries()) {
      fuzz::promise(zip.find(entry.name) != nullptr);
      const bool sound = fuzz::answers([&] { zip.check(entry); });
      if (entry.size > fuzz::kMostRead) continue;
      fuzz::promise(sound == fuzz::answers([&] { (void)zip.read_text(entry, fuzz::kMostRead); }));
    }
  });
  return 0;
}
