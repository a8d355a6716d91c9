#include "namesake/formats/container/table_writer.h"

#include <algorithm>
#include <span>

#include "namesake/formats/container/crc32c.h"
#include "namesake/formats/container/table_reader.h"
#include "namesake/formats/container/varint.h"

namespace namesake::formats {
namespace {

constexpr std::size_t kBlockSize = 262144;

std::size_t common_length(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

// A short key that is not below `last`, and below `next`: what the index needs to tell two blocks apart.
std::string separator(const std::string& last, std::string_view next) {
  const std::size_t common = common_length(last, next);
  if (common >= std::min(last.size(), next.size())) return last;
  const auto byte = static_cast<unsigned char>(last[common]);
  if (byte == 0xff || byte + 1 >= static_cast<unsigned char>(next[common])) return last;
  std::string key = last.substr(0, common + 1);
  key.back() = static_cast<char>(byte + 1);
  return key;
}

// A short key that is not below `last`, which nothing follows.
std::string successor(const std::string& last) {
  for (std::size_t i = 0; i < last.size(); ++i) {
    const auto byte = static_cast<unsigned char>(last[i]);
    if (byte != 0xff) return last.substr(0, i) + static_cast<char>(byte + 1);
  }
  return last;
}

}  // namespace

void TableWriter::Block::add(std::string_view key, std::string_view value) {
  std::size_t shared = 0;
  if (since_restart_ < interval_) {
    shared = common_length(last_key_, key);
  } else {
    restarts_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    since_restart_ = 0;
  }
  put_varint(bytes_, shared);
  put_varint(bytes_, key.size() - shared);
  put_varint(bytes_, value.size());
  bytes_.append(key.substr(shared)).append(value);
  last_key_ = key;
  ++since_restart_;
}

std::string TableWriter::Block::take() {
  for (const std::uint32_t restart : restarts_) put_fixed32(bytes_, restart);
  put_fixed32(bytes_, static_cast<std::uint32_t>(restarts_.size()));
  std::string content = std::move(bytes_);
  *this = Block(interval_);
  return content;
}

std::string TableWriter::put(Block& block) {
  std::string content = block.take(), handle;
  put_varint(handle, file_.size());
  put_varint(handle, content.size());
  content.push_back(0);  // no compression
  const std::uint32_t crc = mask_crc32c(crc32c(0, std::as_bytes(std::span(content))));
  put_fixed32(content, crc);
  file_ += content;
  return handle;
}

void TableWriter::add(std::string_view key, std::string_view value) {
  if (!pending_.empty()) {
    index_.add(separator(last_key_, key), pending_);
    pending_.clear();
  }
  data_.add(key, value);
  last_key_ = key;
  if (data_.size() >= kBlockSize) pending_ = put(data_);
}

std::string TableWriter::finish() && {
  if (!data_.empty()) pending_ = put(data_);
  Block metaindex(16);
  std::string footer = put(metaindex);
  if (!pending_.empty()) index_.add(successor(last_key_), pending_);
  footer += put(index_);
  footer.resize(40);
  put_fixed32(footer, static_cast<std::uint32_t>(kTableMagic & 0xffffffffU));
  put_fixed32(footer, static_cast<std::uint32_t>(kTableMagic >> 32U));
  return std::move(file_) + footer;
}

}  // namespace namesake::formats
