// ZipBuilder: archives as no sound program writes them: entries of any name, twice too, with sizes that lie.
//   ZipBuilder zip;   zip.add("config.json", "{}");   write_text(path, zip.finish());
#pragma once

#include <zlib.h>

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace namesake::testing {

class ZipBuilder {
 public:
  /// An entry with `content`, deflated if wanted. `claimed` replaces the size of the content in both headers.
  void add(std::string_view name, std::string_view content, bool deflated = false, std::optional<std::uint32_t> claimed = {}) {
    const std::string stored = deflated ? deflate_all(content) : std::string(content);
    const auto checksum = static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
    std::string common;  // what both headers have
    put(common, deflated ? 8 : 0, 2);
    put(common, 0, 2);
    put(common, (1 << 5) | 1, 2);  // 1980-01-01
    put(common, checksum, 4);
    put(common, stored.size(), 4);
    put(common, claimed.value_or(static_cast<std::uint32_t>(content.size())), 4);
    put(common, name.size(), 2);
    put(common, 0, 2);
    const std::size_t offset = body_.size();
    body_ += "PK\3\4";
    put(body_, 20, 2);
    put(body_, 0, 2);
    body_.append(common).append(name).append(stored);
    directory_ += "PK\1\2";
    put(directory_, 20, 2);
    put(directory_, 20, 2);
    put(directory_, 0, 2);
    directory_ += common;
    put(directory_, 0, 2 + 2 + 2);
    put(directory_, 0, 4);
    put(directory_, offset, 4);
    directory_ += name;
    ++entries_;
  }

  /// The whole archive.
  [[nodiscard]] std::string finish() const {
    std::string end = "PK\5\6";
    put(end, 0, 4);
    put(end, entries_, 2);
    put(end, entries_, 2);
    put(end, directory_.size(), 4);
    put(end, body_.size(), 4);
    put(end, 0, 2);
    return body_ + directory_ + end;
  }

 private:
  static void put(std::string& out, std::uint64_t value, int width) {
    for (int i = 0; i < width; ++i) out += static_cast<char>(value >> (8 * i));
  }

  static std::string deflate_all(std::string_view content) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::runtime_error("deflate");
    std::string out(deflateBound(&stream, static_cast<uLong>(content.size())), '\0');
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(content.data()));
    stream.avail_in = static_cast<uInt>(content.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    out.resize(stream.total_out);
    deflateEnd(&stream);
    if (!done) throw std::runtime_error("deflate");
    return out;
  }

  std::string body_, directory_;
  std::size_t entries_ = 0;
};

}  // namespace namesake::testing
