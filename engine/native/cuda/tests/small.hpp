// The --small mode of tests, for compute-sanitizer, which runs them a hundred times slower: fewer
// and smaller cases that still reach every kernel, instantiation and branch.
#pragma once

#include <cstring>

namespace baton::testing {

/// Whether `--small` is the last argument, which is then taken away.
inline bool take_small(int& argc, char** argv) {
  if (argc < 2 || std::strcmp(argv[argc - 1], "--small") != 0) return false;
  --argc;
  return true;
}

}  // namespace baton::testing
