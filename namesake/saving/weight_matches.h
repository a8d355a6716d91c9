// Weights of a file and the variables that they are for: collected and checked first, filled in at the end.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "namesake/formats/model_file.h"
#include "namesake/nn/weight_files.h"
#include "namesake/ops/variable.h"

namespace namesake::saving {

struct MatchRules {
  bool strict = true;
  bool cast = false;
  bool skip_mismatch = false;
};

class WeightMatches {
 public:
  /// Both must outlive it.
  WeightMatches(const formats::ModelFile& file, LoadReport& report, MatchRules rules) : file_(file), report_(report), rules_(rules) {}

  [[nodiscard]] const formats::ModelFile& file() const noexcept { return file_; }
  [[nodiscard]] LoadReport& report() noexcept { return report_; }
  [[nodiscard]] const MatchRules& rules() const noexcept { return rules_; }

  using Convert = std::function<Tensor(const Tensor&)>;
  /// `owner`: the variable's path in the model. No entry: it is missing. Another entry than the variable has already: ambiguous. `convert`, if
  /// given, makes the value of the file's, in the variable's dtype. Throws ShapeMismatch for another shape (unless mismatches are skipped) or dtype (unless casts
  /// are allowed), Unsupported for an entry that cannot be read.
  void add(const formats::WeightEntry* entry, std::string owner, const Variable& variable, Convert convert = nullptr);
  /// A value that the file does not have, but that follows from it.
  void set(const Variable& variable, Tensor value) { implied_.emplace_back(variable, std::move(value)); }
  /// The entry has its use, or needs none.
  void claim(const formats::WeightEntry& entry) { claimed_.insert(&entry); }
  [[nodiscard]] bool is_claimed(const formats::WeightEntry& entry) const { return claimed_.contains(&entry); }

  /// Throws FormatError for what the report has and strict loading forbids. `inner`: the place in the file.
  void refuse(const std::string& inner, bool partial) const;
  /// Sets all variables, or none: what may turn out damaged is read before the first is set. Only a disk that fails between two
  /// weights leaves some of them set.
  void fill() const;

 private:
  struct Match {
    const formats::WeightEntry* entry;
    Variable variable;
    Convert convert;
  };
  [[nodiscard]] static Tensor value_of(const Match& match);
  static void read_in_place(const Match& match);

  const formats::ModelFile& file_;
  LoadReport& report_;
  MatchRules rules_;
  std::vector<Match> matches_;
  std::vector<std::pair<Variable, Tensor>> implied_;
  std::unordered_set<const formats::WeightEntry*> claimed_;
  std::unordered_map<const void*, const formats::WeightEntry*> taken_;  // by variable
};

}  // namespace namesake::saving
