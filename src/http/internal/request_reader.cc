// SPDX-License-Identifier: Apache-2.0
#include "http/internal/request_reader.h"

#include <array>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory_resource>
#include <tuple>
#include <utility>

namespace aloft::http {

namespace beast = boost::beast;

namespace {

constexpr std::size_t kReceiveBytes = std::size_t{16} << 10;
// Reading up to this much for nothing is cheaper than a new connection.
constexpr std::uint64_t kDrainBytesMax = std::uint64_t{1} << 20;

using SteadyClock = std::chrono::steady_clock;

int status_of(const beast::error_code& error) {
  if (error == beast::http::error::header_limit) return 431;
  return 400;
}

}  // namespace

// Beast stays behind this name, so that only this file pays for compiling it.
class RequestReader::Parser {
 public:
  explicit Parser(std::size_t head_bytes_max) : head_bytes_max_(head_bytes_max) { restart(); }

  /// For the next request. Beast's parser is for one; the memory that it takes for each field comes
  /// from the same place every time.
  void restart() {
    parser_.reset();
    memory_.release();
    parser_.emplace(std::piecewise_construct, std::make_tuple(), std::make_tuple(&memory_));
    parser_->header_limit(static_cast<std::uint32_t>(head_bytes_max_));
    parser_->body_limit(boost::none);
  }
  auto& get() { return *parser_; }

 private:
  using Allocator = std::pmr::polymorphic_allocator<char>;

  const std::size_t head_bytes_max_;
  std::array<std::byte, std::size_t{8} << 10> first_memory_;
  std::pmr::monotonic_buffer_resource memory_{first_memory_.data(), first_memory_.size()};
  std::optional<beast::http::request_parser<beast::http::buffer_body, Allocator>> parser_;
};

class RequestReader::Body final : public RequestBody {
 public:
  explicit Body(RequestReader& reader) : reader_(reader) {}
  std::optional<std::uint64_t> length_bytes() const override { return reader_.length_bytes_; }
  Result<std::size_t> read(std::span<std::byte> buffer) override {
    if (reader_.body_ended_ || buffer.empty()) return 0;
    TRY(reader_.send_continue());
    return reader_.length_bytes_ ? reader_.read_counted(buffer) : reader_.read_chunked(buffer);
  }

 private:
  RequestReader& reader_;
};

RequestReader::RequestReader(ServerStream& stream, const ServerOptions& options,
                             std::atomic<ConnectionState>& state)
    : stream_(stream),
      options_(options),
      state_(state),
      parser_(std::make_unique<Parser>(options.head_bytes_max)),
      body_(std::make_unique<Body>(*this)) {
  buffer_.resize(kReceiveBytes);
}

RequestReader::~RequestReader() = default;

RequestBody& RequestReader::body() {
  return *body_;
}

// Appends to the buffer; false when nothing came: closed_ or timed_out_ says why.
bool RequestReader::receive_more() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(2 * buffer_.size());
  timed_out_ = false;
  for (;;) {
    const ssize_t got = stream_.receive(buffer_.data() + end_, buffer_.size() - end_);
    if (got > 0) {
      end_ += static_cast<std::size_t>(got);
      return true;
    }
    if (got < 0 && errno == EINTR) continue;
    timed_out_ = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    closed_ = !timed_out_;
    return false;
  }
}

RequestReader::Outcome RequestReader::read_head(Method& method, std::string& target,
                                                Headers& headers) {
  parser_->restart();
  const auto idle_since = SteadyClock::now();
  while (begin_ == end_) {
    if (receive_more()) break;
    if (closed_ || SteadyClock::now() - idle_since >= options_.idle_timeout) return Outcome::closed;
  }
  auto idle = ConnectionState::idle;
  if (!state_.compare_exchange_strong(idle, ConnectionState::busy)) return Outcome::closed;
  const Outcome outcome = parse_head();
  return outcome == Outcome::request ? take_head(method, target, headers) : outcome;
}

RequestReader::Outcome RequestReader::parse_head() {
  const auto head_since = SteadyClock::now();
  auto& parser = parser_->get();
  for (;;) {
    beast::error_code error;
    begin_ += parser.put(boost::asio::const_buffer(buffer_.data() + begin_, end_ - begin_), error);
    if (parser.is_header_done()) return Outcome::request;
    if (error && error != beast::http::error::need_more) return refuse(status_of(error));
    if (end_ - begin_ > options_.head_bytes_max) return refuse(431);
    // A peer that drips a byte now and then would hold the connection for ever.
    if (SteadyClock::now() - head_since > options_.io_timeout) return refuse(408);
    if (!receive_more()) {
      if (closed_) return Outcome::closed;
      return refuse(408);
    }
  }
}

RequestReader::Outcome RequestReader::refuse(int status) {
  error_status_ = status;
  keep_alive_ = false;
  body_ended_ = true;
  return Outcome::malformed;
}

RequestReader::Outcome RequestReader::take_head(Method& method, std::string& target,
                                                Headers& headers) {
  const auto& parser = parser_->get();
  const auto& message = parser.get();
  method = parse_method({message.method_string().data(), message.method_string().size()});
  target.assign(message.target().data(), message.target().size());
  headers.clear();
  for (const auto& field : message) {
    headers.add({field.name_string().data(), field.name_string().size()},
                {field.value().data(), field.value().size()});
  }
  keep_alive_ = parser.keep_alive();
  if (message.version() >= 11 && headers.count("Host") != 1) return refuse(400);
  const std::string_view expectation = headers.get("Expect");
  expects_continue_ = equal_ignoring_case(expectation, "100-continue");
  if (!expectation.empty() && !expects_continue_) return refuse(417);
  const std::string_view coding = headers.get("Transfer-Encoding");
  if (!coding.empty() && !equal_ignoring_case(coding, "chunked")) return refuse(501);
  if (parser.chunked()) {
    length_bytes_.reset();
    body_ended_ = false;
  } else {
    length_bytes_ = parser.content_length() ? *parser.content_length() : 0;
    left_bytes_ = *length_bytes_;
    body_ended_ = left_bytes_ == 0;
  }
  return Outcome::request;
}

Result<void> RequestReader::send_continue() {
  if (!expects_continue_) return {};
  expects_continue_ = false;
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const iovec parts[] = {
      {.iov_base = const_cast<char*>(kContinue.data()), .iov_len = kContinue.size()}};
  const ssize_t sent = stream_.send(parts);
  if (sent != static_cast<ssize_t>(kContinue.size())) {
    closed_ = true;
    return fail(ErrorCode::corrupt, "the connection ended before the body of the request");
  }
  return {};
}

Result<std::size_t> RequestReader::receive(std::span<std::byte> buffer) {
  for (;;) {
    const ssize_t got = stream_.receive(buffer.data(), buffer.size());
    if (got > 0) return static_cast<std::size_t>(got);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
      return fail(ErrorCode::deadline_exceeded, "the body of the request did not come in time");
    }
    closed_ = true;
    return fail(ErrorCode::corrupt, "the connection ended within the body of the request");
  }
}

Result<std::size_t> RequestReader::read_counted(std::span<std::byte> buffer) {
  if (buffer.size() > left_bytes_) buffer = buffer.first(static_cast<std::size_t>(left_bytes_));
  std::size_t got = 0;
  if (begin_ < end_) {
    got = std::min(buffer.size(), end_ - begin_);
    std::memcpy(buffer.data(), buffer_.data() + begin_, got);
    begin_ += got;
  } else {
    got = TRY(receive(buffer));
  }
  left_bytes_ -= got;
  body_ended_ = left_bytes_ == 0;
  return got;
}

Result<std::size_t> RequestReader::read_chunked(std::span<std::byte> buffer) {
  auto& parser = parser_->get();
  auto& target = parser.get().body();
  target.data = buffer.data();
  target.size = buffer.size();
  while (target.size == buffer.size()) {
    beast::error_code error = beast::http::error::need_more;
    if (begin_ < end_) {
      error = {};
      begin_ +=
          parser.put(boost::asio::const_buffer(buffer_.data() + begin_, end_ - begin_), error);
    }
    if (parser.is_done()) {
      body_ended_ = true;
      break;
    }
    if (error && error != beast::http::error::need_more &&
        error != beast::http::error::need_buffer) {
      closed_ = true;
      return fail(ErrorCode::corrupt, "the chunks of the request's body are malformed");
    }
    if (error != beast::http::error::need_more) continue;
    if (end_ - begin_ > options_.head_bytes_max) {
      closed_ = true;
      return fail(ErrorCode::corrupt, "the chunks of the request's body are malformed");
    }
    if (!receive_more()) {
      if (closed_) {
        return fail(ErrorCode::corrupt, "the connection ended within the body of the request");
      }
      return fail(ErrorCode::deadline_exceeded, "the body of the request did not come in time");
    }
  }
  return buffer.size() - target.size;
}

bool RequestReader::finish_body() {
  if (closed_) return false;
  if (body_ended_) return true;
  if (expects_continue_) return false;
  if (length_bytes_ && left_bytes_ > kDrainBytesMax) return false;
  std::vector<std::byte> dropped(kReceiveBytes);
  for (std::uint64_t drained = 0; drained <= kDrainBytesMax;) {
    const auto got = body_->read(dropped);
    if (!got) return false;
    if (*got == 0) return true;
    drained += *got;
  }
  return false;
}

}  // namespace aloft::http
