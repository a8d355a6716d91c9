// What one can say when a model is saved or its weights are loaded, and what one is told. The work is done in module saving.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/nn/save_signature.h"

namespace namesake {

struct SaveOptions {
  bool include_optimizer = true;  // and the compile settings
  /// For Keras 2 to go on training: its optimizer's layout, and in a `.keras` file words that Keras 2.12 to 2.15 opens, too (in a `.h5` file
  /// they are always the ones that both know, as far as there are any). Keras 3 opens the file, but drops the optimizer's state of a
  /// `.keras` file, and cannot train the model of a `.h5` file.
  bool keras2 = false;
  /// More functions of a SavedModel, by name. Other formats have none: InvalidArgument.
  std::vector<SaveSignature> signatures = {};
};

struct SaveWeightsOptions {
  /// Of a checkpoint: without objects, each weight under its path (`dense_1/kernel`) and the optimizer's state under the names of TensorFlow 1's
  /// optimizers (`dense_1/kernel/Adam`, `beta1_power`), for tf.compat.v1.train.Saver. Momentum has another unit there: it is divided by the
  /// learning rate, and comes back multiplied.
  bool name_based = false;
};

/// What a save did, and what a reader will see otherwise than here.
struct SaveReport {
  std::filesystem::path file;
  /// "Keras 3", "Keras 2": whose load_model opens the file (load_weights, if it holds weights alone); of a checkpoint also the class of
  /// TensorFlow's that restores it.
  std::vector<std::string> opened_by;
  std::vector<std::string> dropped;    // what is not in the file, or what a reader drops: "the optimizer's state: ..."
  std::vector<std::string> python;     // what Python needs to know, and the line that opens the file there
  std::vector<std::string> notes;      // why one cannot open it, and what else is worth knowing

  /// What is out of the ordinary, a line each: what was dropped, what Python needs to know, the notes.
  [[nodiscard]] NAMESAKE_API std::vector<std::string> lines() const;
};

/// What a load did, by the paths of weights (`dense_1/kernel`; of the optimizer: `optimizer/...`).
struct LoadReport {
  std::vector<std::string> loaded;
  std::vector<std::string> missing;    // in the model, not in the file
  std::vector<std::string> unused;     // in the file, not in the model
  std::vector<std::string> ambiguous;  // names that say another order than the positions do
  std::vector<std::string> cast;       // loaded from another dtype: `dense_1/kernel: float64 -> float32`
  std::vector<std::string> notes;      // what is allowed, and worth knowing
};

/// A layer of the file that has another name in the model.
struct NameRule {
  std::string from;    // the whole name in the file: "block1_conv1", or "block(\\d+)_conv1"
  std::string to;      // "encoder/conv_1", or "encoder/conv_$1"
  bool regex = false;  // `from` is an ECMAScript regular expression
};

struct LoadWeightsOptions {
  bool by_name = false;          // each layer takes the weights that stand under its name (of a checkpoint: each variable); others, and the optimizer, stay as they are
  bool skip_mismatch = false;    // weights of other shapes stay as they are
  bool strict = true;            // anything missing, unused or ambiguous is an error (by name: only what is ambiguous)
  bool cast = false;             // numbers of another dtype are converted
  std::vector<NameRule> names;   // the first rule that fits a name of the file replaces it, before it is compared with the model's
  LoadReport* report = nullptr;  // filled if given, also when the load fails in matching
  std::string object = "";       // the object of a checkpoint that is the model: "generator"; left out: the only one that fits
};

}  // namespace namesake
