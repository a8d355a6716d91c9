#include "namesake/formats/container/hdf5_bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "namesake/base/error.h"
#include "namesake/formats/container/checksums.h"

namespace namesake::formats::hdf5 {
namespace {

// Small files get this much beside their own size: structures may be named twice (a shared datatype) without harm.
constexpr std::uint64_t kBudgetFloor = 64 * 1024;
constexpr std::uint64_t kBudgetFactor = 4;

std::uint32_t load32(const std::byte* p) {
  std::uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) value |= std::to_integer<std::uint32_t>(p[i]) << (8 * i);
  return value;
}

}  // namespace

Cursor::Cursor(Context& context, std::uint64_t at, std::uint64_t length, const char* what)
    : context_(&context), at_(at), end_(at), what_(what) {
  const std::uint64_t size = context.source().bytes.size();
  if (at == kUndefined) context.damaged(kUndefined, fmt::format("the {} has no address.", what));
  if (at > size || length > size - at) {
    context.damaged(at, fmt::format("the {} runs past the end of the file.", what),
                    fmt::format("at most {} bytes, the size of the file", size),
                    fmt::format("{} bytes at {}", length, at));
  }
  end_ = at + length;
}

void Cursor::need(std::uint64_t count) const {
  if (count > remaining()) {
    context_->damaged(at_, fmt::format("the {} is cut short.", what_), fmt::format("{} more bytes", count),
                      fmt::format("{}", remaining()));
  }
}

std::uint64_t Cursor::uint(unsigned width) {
  need(width);
  std::uint64_t value = 0;
  const std::byte* p = context_->source().bytes.data() + at_;
  for (unsigned i = 0; i < width; ++i) value |= std::to_integer<std::uint64_t>(p[i]) << (8 * i);
  at_ += width;
  return value;
}

std::uint64_t Cursor::address() {
  const unsigned width = context_->source().offset_size;
  const std::uint64_t value = uint(width);
  return value == kUndefined >> (64 - 8 * width) ? kUndefined : value;
}

std::uint64_t Cursor::length() { return uint(context_->source().length_size); }

void Cursor::skip(std::uint64_t count) {
  need(count);
  at_ += count;
}

std::span<const std::byte> Cursor::bytes(std::uint64_t count) {
  need(count);
  const auto result = context_->source().bytes.subspan(at_, count);
  at_ += count;
  return result;
}

Cursor Cursor::window(std::uint64_t count) {
  need(count);
  Cursor result(*context_, at_, count, what_);
  at_ += count;
  return result;
}

std::string Cursor::text_to_nul() {
  const auto rest = context_->source().bytes.subspan(at_, remaining());
  const auto nul = std::find(rest.begin(), rest.end(), std::byte{0});
  if (nul == rest.end()) context_->damaged(at_, fmt::format("a text in the {} does not end.", what_));
  const auto size = static_cast<std::size_t>(nul - rest.begin());
  std::string text(reinterpret_cast<const char*>(rest.data()), size);
  at_ += size + 1;
  return text;
}

void Cursor::expect(std::string_view signature) {
  const std::uint64_t start = at_;
  const auto found = bytes(signature.size());
  if (std::memcmp(found.data(), signature.data(), signature.size()) != 0) {
    context_->damaged(start, fmt::format("no {} stands here.", what_), fmt::format("the bytes \"{}\"", signature));
  }
}

void Cursor::expect_version(std::uint8_t version) {
  const std::uint64_t start = at_;
  const std::uint8_t found = u8();
  if (found != version) {
    context_->damaged(start, fmt::format("the {} has an unknown version.", what_), fmt::format("{}", version),
                      fmt::format("{}", found));
  }
}

Context::Context(const Source& source, std::string inner)
    : source_(&source), inner_(std::move(inner)), budget_(kBudgetFactor * source.bytes.size() + kBudgetFloor) {}

void Context::damaged(std::uint64_t at, std::string what, std::string expected, std::string received) const {
  const std::uint64_t offset = at == kUndefined ? FormatError::kNoOffset : at + source_->base;
  throw FormatError(source_->file_name, inner_,
                    {.what = std::move(what), .expected = std::move(expected), .received = std::move(received)},
                    offset);
}

void Context::unsupported(std::string feature) const {
  throw Unsupported({.subject = source_->file_name,
                     .what = fmt::format("{}: {}: this HDF5 feature is not read here.", source_->file_name, inner_),
                     .received = std::move(feature),
                     .fix = "write the file again with h5py's default settings, or h5repack -l CONTI -f NONE"});
}

void Context::spend(std::uint64_t at, std::uint64_t count) {
  if (count > budget_) {
    damaged(at, "structures of the file overlap: more bytes are spoken of than the file has.");
  }
  budget_ -= count;
}

Cursor Context::from(std::uint64_t at, const char* what) {
  const std::uint64_t size = source_->bytes.size();
  return {*this, at, at <= size ? size - at : 0, what};
}

// clang-format off
std::uint32_t lookup3(std::span<const std::byte> bytes) noexcept {
  const auto rotate = [](std::uint32_t x, int k) { return std::rotl(x, k); };
  std::uint32_t a = 0xdeadbeefU + static_cast<std::uint32_t>(bytes.size());
  std::uint32_t b = a, c = a;
  const std::byte* p = bytes.data();
  std::size_t left = bytes.size();
  while (left > 12) {
    a += load32(p);
    b += load32(p + 4);
    c += load32(p + 8);
    a -= c;  a ^= rotate(c, 4);   c += b;
    b -= a;  b ^= rotate(a, 6);   a += c;
    c -= b;  c ^= rotate(b, 8);   b += a;
    a -= c;  a ^= rotate(c, 16);  c += b;
    b -= a;  b ^= rotate(a, 19);  a += c;
    c -= b;  c ^= rotate(b, 4);   b += a;
    p += 12;
    left -= 12;
  }
  if (left == 0) return c;
  std::byte tail[12] = {};
  std::memcpy(tail, p, left);
  a += load32(tail);
  b += load32(tail + 4);
  c += load32(tail + 8);
  c ^= b;  c -= rotate(b, 14);
  a ^= c;  a -= rotate(c, 11);
  b ^= a;  b -= rotate(a, 25);
  c ^= b;  c -= rotate(b, 16);
  a ^= c;  a -= rotate(c, 4);
  b ^= a;  b -= rotate(a, 14);
  c ^= b;  c -= rotate(b, 24);
  return c;
}
// clang-format on

void verify_checksum(Cursor& cursor, std::uint64_t start) {
  Context& context = cursor.context();
  const std::uint64_t end = cursor.position();
  const std::uint32_t stored = cursor.u32();
  const std::uint32_t computed = lookup3(context.source().bytes.subspan(start, end - start));
  if (stored != computed && kChecksumsCount) {
    context.damaged(end, fmt::format("the checksum of the {} is wrong.", cursor.what()),
                    fmt::format("{:#010x}", computed), fmt::format("{:#010x}", stored));
  }
}

unsigned bytes_for(std::uint64_t limit) noexcept {
  return limit == 0 ? 1 : static_cast<unsigned>((std::bit_width(limit) + 7) / 8);
}

std::uint64_t multiply(std::uint64_t a, std::uint64_t b) noexcept {
  if (b != 0 && a > (kUndefined - 1) / b) return kUndefined;
  return a * b;
}

}  // namespace namesake::formats::hdf5
