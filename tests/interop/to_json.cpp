// to_json MODEL: the model without its weights, as text.
#include <cstdio>
#include <exception>

#include <namesake/namesake.h>

int main(int count, char** words) {
  try {
    if (count == 2) std::puts(namesake::load_model(words[1]).to_json().c_str());
    return count == 2 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
