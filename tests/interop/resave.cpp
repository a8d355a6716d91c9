// resave [--weights] IN OUT [IN OUT]...: loads each model and saves it again, or its weights alone. What the interop tests put between
// Keras and Keras.
#include <cstdio>
#include <cstring>
#include <exception>

#include <namesake/namesake.h>

int main(int count, char** words) {
  const bool weights_only = count > 1 && std::strcmp(words[1], "--weights") == 0;
  for (int i = weights_only ? 2 : 1; i + 1 < count; i += 2) {
    try {
      const namesake::Model model = namesake::load_model(words[i]);
      weights_only ? model.save_weights(words[i + 1]) : model.save(words[i + 1]);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n%s\n", words[i], error.what());
      return 2;
    }
  }
  return 0;
}
