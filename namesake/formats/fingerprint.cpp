#include "namesake/formats/fingerprint.h"

#include <farmhash.h>
#include <fmt/format.h>
#include <namesake_proto/fingerprint.pb.h>

#include <filesystem>
#include <map>
#include <string_view>

#include "namesake/base/mapped_file.h"
#include "namesake/formats/canonical_message.h"
#include "namesake/formats/container/wire_field.h"
#include "namesake/formats/messages.h"
#include "namesake/formats/saved_model.h"

namespace namesake::formats {
namespace {

constexpr std::int64_t kProducer = 4;  // TensorFlow 2.21's

std::uint64_t hash_of(std::string_view bytes) { return util::Fingerprint64(bytes.data(), bytes.size()); }

// TensorFlow's FingerprintCat64: two hashes into one, their order counts.
std::uint64_t join(std::uint64_t first, std::uint64_t second) {
  constexpr std::uint64_t kMul = 0xc6a4a7935bd1e995U;
  const auto mix = [](std::uint64_t value) { return value ^ (value >> 47U); };
  std::uint64_t joined = first ^ kMul;
  joined ^= mix(second * kMul) * kMul;
  joined *= kMul;
  joined = mix(joined) * kMul;
  return mix(joined);
}

std::string_view text_of(std::span<const std::byte> bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// The content of the last field of this number; empty without one.
std::string_view part(const std::vector<WireField>& fields, std::uint32_t number) {
  std::string_view content;
  for (const WireField& field : fields) {
    if (field.number == number) content = field.content;
  }
  return content;
}

std::uint64_t signature_hash(const std::vector<WireField>& meta_graph) {
  std::uint64_t hash = 0;
  for (const WireField& field : meta_graph) {
    if (field.number != 5) continue;
    const auto entry = fields_of(field.content);
    hash = join(hash, hash_of(part(entry, 1)));
    hash = join(hash, hash_of(part(entry, 2)));
  }
  return hash;
}

std::optional<std::uint64_t> functions_hash(std::string_view object_graph) {
  std::map<std::int64_t, std::vector<WireField>> by_number;
  for (const WireField& field : fields_of(object_graph)) {
    if (field.number != 2) continue;
    auto entry = fields_of(field.content);
    const auto number = number_at_end(part(entry, 1));
    if (!number || !by_number.emplace(*number, std::move(entry)).second) return std::nullopt;
  }
  std::uint64_t hash = 0;
  for (const auto& [number, entry] : by_number) {
    hash = join(hash, hash_of(without_number(part(entry, 1), number)));
    hash = join(hash, hash_of(part(entry, 2)));
  }
  return hash;
}

// 128 bits as a decimal number of at least 20 digits, as TensorFlow writes it.
std::string decimal(std::uint64_t high, std::uint64_t low) {
  std::uint32_t parts[] = {static_cast<std::uint32_t>(high >> 32U), static_cast<std::uint32_t>(high), static_cast<std::uint32_t>(low >> 32U),
                           static_cast<std::uint32_t>(low)};
  std::string digits;
  for (bool more = true; more || digits.size() < 20;) {
    std::uint64_t rest = 0;
    more = false;
    for (std::uint32_t& part : parts) {
      const std::uint64_t value = (rest << 32U) | part;
      part = static_cast<std::uint32_t>(value / 10);
      rest = value % 10;
      more = more || part != 0;
    }
    digits.insert(digits.begin(), static_cast<char>('0' + rest));
  }
  return digits;
}

std::string number_of_hashes(const Fingerprint& all) {
  const std::uint64_t graph = join(all.saved_model_checksum, all.graph_def_program_hash);
  const std::uint64_t rest = join(join(all.signature_def_hash, all.saved_object_graph_hash), all.checkpoint_hash);
  return decimal(join(graph, rest), join(rest, graph));
}

/// What of the folder is not as the fingerprint says.
std::vector<std::string> findings_of(const Fingerprint& stored, const Fingerprint& found) {
  std::vector<std::string> findings;
  const bool graph = stored.saved_model_checksum == found.saved_model_checksum;
  if (!graph) findings.emplace_back("saved_model.pb is not the one that was saved: fingerprint.pb has another saved_model_checksum");
  const bool parts = stored.graph_def_program_hash == found.graph_def_program_hash && stored.signature_def_hash == found.signature_def_hash &&
                     stored.saved_object_graph_hash == found.saved_object_graph_hash;
  if (graph && stored.producer == kProducer && !parts) findings.emplace_back("fingerprint.pb was changed: its hashes do not belong together");
  if (stored.checkpoint_hash != found.checkpoint_hash) {
    findings.emplace_back(found.checkpoint_hash == 0 ? "variables/variables.index is missing: fingerprint.pb has a checkpoint_hash"
                                                     : "variables/variables.index is not the one that was saved: fingerprint.pb has another checkpoint_hash");
  }
  return findings;
}

}  // namespace

std::optional<Fingerprint> make_fingerprint(std::span<const std::byte> saved_model, std::span<const std::byte> index) {
  const auto bytes = canonical_saved_model(text_of(saved_model));
  if (!bytes) return std::nullopt;
  std::optional<std::string_view> first;  // meta graph: the others have no part in it
  for (const WireField& field : fields_of(*bytes)) {
    if (field.number == 2 && !first) first = field.content;
  }
  if (!first) return std::nullopt;
  const auto meta_graph = fields_of(*first);
  const auto program = canonical_program(part(meta_graph, 2));
  const auto functions = functions_hash(part(meta_graph, 7));
  if (!program || !functions) return std::nullopt;
  Fingerprint made;
  made.saved_model_checksum = hash_of(*bytes);
  made.graph_def_program_hash = hash_of(*program);
  made.signature_def_hash = signature_hash(meta_graph);
  made.saved_object_graph_hash = *functions;
  made.checkpoint_hash = index.empty() ? 0 : hash_of(text_of(index));
  made.producer = kProducer;
  made.uuid = number_of_hashes(made);
  return made;
}

std::optional<Fingerprint> parse_fingerprint(std::span<const std::byte> bytes) {
  proto::FingerprintDef message;
  if (!parse_message(bytes, message)) return std::nullopt;
  Fingerprint read;
  read.saved_model_checksum = message.saved_model_checksum();
  read.graph_def_program_hash = message.graph_def_program_hash();
  read.signature_def_hash = message.signature_def_hash();
  read.saved_object_graph_hash = message.saved_object_graph_hash();
  read.checkpoint_hash = message.checkpoint_hash();
  read.producer = message.version().producer();
  read.uuid = message.uuid();
  return read;
}

std::string fingerprint_bytes(const Fingerprint& fingerprint) {
  proto::FingerprintDef message;
  message.set_saved_model_checksum(fingerprint.saved_model_checksum);
  message.set_graph_def_program_hash(fingerprint.graph_def_program_hash);
  message.set_signature_def_hash(fingerprint.signature_def_hash);
  message.set_saved_object_graph_hash(fingerprint.saved_object_graph_hash);
  message.set_checkpoint_hash(fingerprint.checkpoint_hash);
  message.mutable_version()->set_producer(static_cast<std::int32_t>(fingerprint.producer));
  message.set_uuid(fingerprint.uuid);
  return message_bytes(message, "fingerprint.pb");
}

std::optional<FingerprintReport> check_fingerprint(const std::string& directory) {
  namespace fs = std::filesystem;
  const fs::path folder(directory);
  std::error_code error;
  if (!fs::is_regular_file(folder / "fingerprint.pb", error)) return std::nullopt;
  FingerprintReport report;
  report.stored = parse_fingerprint(base::MappedFile::open((folder / "fingerprint.pb").string())->bytes());
  if (!report.stored || report.stored->saved_model_checksum == 0) {
    report.stored.reset();
    report.findings.emplace_back("fingerprint.pb is damaged, or no fingerprint");
    return report;
  }
  if (report.stored->producer < 1 || report.stored->producer > kProducer) return report;  // of other rules
  const auto saved_model = base::MappedFile::open((folder / "saved_model.pb").string());
  const std::string index = variables_prefix(directory) + ".index";
  const auto variables = fs::is_regular_file(index, error) ? base::MappedFile::open(index) : nullptr;
  const auto found = make_fingerprint(saved_model->bytes(), variables ? variables->bytes() : std::span<const std::byte>());
  if (found) report.findings = findings_of(*report.stored, *found);
  return report;
}

}  // namespace namesake::formats
