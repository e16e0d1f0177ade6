// SPDX-License-Identifier: Apache-2.0
#include "http/internal/answer_head.h"

#include <algorithm>

namespace aloft::http::internal {
namespace {

tl::unexpected<Error> malformed(const char* what) {
  return fail(ErrorCode::corrupt, std::string("the answer is not HTTP: ") + what);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

Result<Version> parse_status_line(std::string_view line, Answer& answer) {
  // HTTP/1.1 200 OK; the reason may be empty, and some leave out the blank before it.
  const bool version = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  if (!version || line.size() < 12) return malformed("its first line is no status line");
  const std::string_view digits = line.substr(9, 3);
  if (!std::ranges::all_of(digits, is_digit) || digits[0] == '0' ||
      (line.size() > 12 && line[12] != ' ')) {
    return malformed("its status is no number");
  }
  if (!is_field_value(line)) return malformed("its first line holds control characters");
  answer.status = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
  return line[7] == '0' ? Version::http_1_0 : Version::http_1_1;
}

Result<void> parse_field(std::string_view line, Answer& answer) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_field_name(line.substr(0, colon))) {
    return malformed("a header has no name");
  }
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
  while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
  if (!is_field_value(value)) return malformed("a header holds control characters");
  answer.headers.add(line.substr(0, colon), value);
  return {};
}

}  // namespace

Result<AnswerHead> parse_answer_head(std::string_view text, Answer& answer) {
  answer.headers.clear();
  AnswerHead head;
  for (bool first = true;; first = false) {
    const std::string_view rest = text.substr(head.size_bytes);
    const std::size_t end = rest.find("\r\n");
    if (end == std::string_view::npos) return malformed("its head does not end");
    const std::string_view line = rest.substr(0, end);
    head.size_bytes += end + 2;
    if (first) {
      head.version = TRY(parse_status_line(line, answer));
    } else if (line.empty()) {
      return head;
    } else {
      TRY(parse_field(line, answer));
    }
  }
}

}  // namespace aloft::http::internal
