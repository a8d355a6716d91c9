// What the interop tests do with checkpoints, on models in .keras files:
//   checkpoints load MODEL PREFIX OUT       the model with the checkpoint's weights
//   checkpoints save MODEL PREFIX           its weights as a checkpoint
//   checkpoints save_named MODEL PREFIX     the same without objects, by names alone
//   checkpoints train MODEL FOLDER          as a CheckpointManager keeps it: {"model", its optimizer as "optimizer", "step"}
//   checkpoints resume MODEL FOLDER OUT     the latest of that folder
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <namesake/namesake.h>

namespace nk = namesake;

int main(int count, char** words) {
  const std::vector<std::string> args(words + 1, words + count);
  try {
    const nk::Model model = nk::load_model(args.at(1));
    if (args[0] == "load") {
      const nk::LoadReport report = model.load_weights(args.at(2));
      for (const std::string& note : report.notes) std::printf("%s\n", note.c_str());
      model.save(args.at(3));
    } else if (args[0] == "save") {
      model.save_weights(args.at(2));
    } else if (args[0] == "save_named") {
      model.save_weights(args.at(2), {.name_based = true});
    } else {
      nk::Variable step(nk::Tensor(std::int64_t{5}), {.name = "step", .trainable = false});
      nk::CheckpointManager manager(nk::Checkpoint{{"model", model}, {"step", step}}, args.at(2), {.max_to_keep = 2});
      if (args[0] == "train") {
        for (int i = 0; i < 3; ++i) manager.save();
      } else {
        manager.restore_or_initialize();
        std::printf("step %d\n", static_cast<int>(step.value().item<std::int64_t>()));
        model.save(args.at(3));
      }
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}
