// Errors inside a backend: thrown as Failure, turned into a status at the ABI.
#pragma once

#include <cstdio>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>

#include "baton_engine.h"

namespace baton {

class Failure : public std::runtime_error {
 public:
  Failure(baton_status status, const std::string& message)
      : std::runtime_error(message), status_(status) {}
  baton_status status() const { return status_; }

 private:
  baton_status status_;
};

inline void require(bool condition, const std::string& message) {
  if (!condition) throw Failure(BATON_INVALID_ARGUMENT, message);
}

/// Runs `body` and turns whatever it throws into a status and a message.
template <class Body>
baton_status guarded(char* error, size_t capacity, Body&& body) noexcept {
  auto report = [&](baton_status status, const char* message) {
    if (error != nullptr && capacity > 0) std::snprintf(error, capacity, "%s", message);
    return status;
  };
  try {
    body();
    return BATON_OK;
  } catch (const Failure& failure) {
    return report(failure.status(), failure.what());
  } catch (const std::bad_alloc&) {
    return report(BATON_OUT_OF_MEMORY, "out of memory");
  } catch (const std::exception& other) {
    return report(BATON_INTERNAL, other.what());
  } catch (...) {
    return report(BATON_INTERNAL, "unknown exception");
  }
}

}  // namespace baton
