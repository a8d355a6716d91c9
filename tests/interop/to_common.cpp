// to_common IN OUT [IN OUT]...: loads each model and saves it for Keras 2, with the optimizer's state as Keras 2 keeps it.
#include <cstdio>
#include <exception>

#include <namesake/namesake.h>

int main(int count, char** words) {
  for (int i = 1; i + 1 < count; i += 2) {
    try {
      namesake::load_model(words[i]).save(words[i + 1], {.keras2 = true});
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n%s\n", words[i], error.what());
      return 2;
    }
  }
  return 0;
}
