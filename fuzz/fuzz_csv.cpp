// CSV tables.
#include "fuzz/answers.h"
#include "namesake/formats/csv.h"

using namespace namesake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const char separator : {',', ';'}) {
    fuzz::answers([&] {
      const formats::CsvTable table = formats::parse_csv(fuzz::text_of(data, size), "input.csv", {.separator = separator});
      fuzz::promise(table.columns.empty() || static_cast<std::int64_t>(table.columns.size()) == table.values.shape()[1]);
    });
  }
  return 0;
}
