// SPDX-License-Identifier: Apache-2.0
#include "emulator/blob/target.h"

#include <algorithm>

namespace aloft::emulator::blob {

Outcome<Target> parse_target(std::string_view text) {
  Target target;
  const std::size_t question = std::min(text.find('?'), text.size());
  target.path = text.substr(0, question);
  auto query = parse_query(text.substr(std::min(question + 1, text.size())));
  if (!query) return refuse(Refusal::invalid_uri, "a query parameter is not encoded properly");
  target.query = std::move(*query);
  if (!target.path.starts_with('/')) return refuse(Refusal::invalid_uri);
  std::string_view rest = std::string_view(target.path).substr(1);
  const auto take_segment = [&rest]() {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const auto segment = percent_decode(rest.substr(0, end), false);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return segment;
  };
  auto account = take_segment();
  auto container = take_segment();
  auto blob = percent_decode(rest, false);
  if (!account || !container || !blob) {
    return refuse(Refusal::invalid_uri, "the path is not encoded properly");
  }
  if (container->empty() && !blob->empty()) return refuse(Refusal::invalid_uri);
  target.account = std::move(*account);
  target.container = std::move(*container);
  target.blob = std::move(*blob);
  return target;
}

}  // namespace aloft::emulator::blob
