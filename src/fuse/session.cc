// SPDX-License-Identifier: Apache-2.0
#include "fuse/session.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <thread>
#include <vector>

#include "base/guarded.h"
#include "fuse/internal/operations.h"

namespace aloft::fuse {
namespace {

using namespace std::chrono_literals;

/// Wakes threads that wait for a request; its handler does nothing.
constexpr int kWakeSignal = SIGUSR2;

void prepare_wake_signal() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  // Without SA_RESTART: the waiting read(2) must return.
  ::sigaction(kWakeSignal, &action, nullptr);
}

void init(void*, fuse_conn_info* connection) {
  connection->max_write = kRequestBytesMax;
  connection->max_read = kRequestBytesMax;
  connection->max_readahead = kRequestBytesMax;
  connection->max_background = 64;
  connection->congestion_threshold = 48;
  connection->time_gran = 1;
  // Splicing was slower for every size measured. The kernel must clear set-user-ID bits itself, as
  // our writes do not. Tiny writes are merged in posix/, which knows when they must be stored.
  connection->want &=
      ~static_cast<unsigned>(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE |
                             FUSE_CAP_HANDLE_KILLPRIV | FUSE_CAP_WRITEBACK_CACHE);
}

fuse_lowlevel_ops operation_table() {
  fuse_lowlevel_ops operations{};
  operations.init = init;
  fill_names(operations);
  fill_attributes(operations);
  fill_directories(operations);
  fill_files(operations);
  fill_absent(operations);
  return operations;
}

struct SessionDeleter {
  void operator()(fuse_session* session) const { fuse_session_destroy(session); }
};
using SessionPointer = std::unique_ptr<fuse_session, SessionDeleter>;

/// libfuse allocates it at the first request and expects the caller to free it.
struct Buffer {
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { std::free(content.mem); }
  fuse_buf content{};
};

}  // namespace

class Session::State {
 public:
  State(posix::FileSystem& files, SessionOptions options)
      : shared_{.files = files, .options = std::move(options)} {}

  Result<void> serve(UniqueFd device) {
    TRY(open_session(std::move(device)));
    TRY(start_first_worker());
    {
      auto workers = workers_.lock();
      changed_.wait(workers.mutex_lock(), [&] { return workers->running == 0; });
    }
    workers_.lock()->threads.clear();  // Joins: all have left their loops.
    *session_.lock() = nullptr;
    const int error = device_error_.load();
    if (error != 0) return fail_os(error, shared_.options.name + ": cannot read from /dev/fuse");
    return {};
  }

  void stop() {
    {
      const auto session = session_.lock();
      if (*session == nullptr) return;
      fuse_session_exit(session->get());
    }
    // A signal that comes just before a thread waits is lost, so it is repeated until all have
    // left.
    auto workers = workers_.lock();
    while (workers->running > 0) {
      for (std::jthread& thread : workers->threads) {
        ::pthread_kill(thread.native_handle(), kWakeSignal);
      }
      changed_.wait_for(workers.mutex_lock(), 10ms);
    }
  }

 private:
  struct Workers {
    unsigned running = 0;
    unsigned waiting = 0;  ///< For a request.
    std::vector<std::jthread> threads{};
  };

  Result<void> open_session(UniqueFd device) {
    prepare_wake_signal();
    static const fuse_lowlevel_ops operations = operation_table();
    char name[] = "aloft";
    // libfuse compares what init() asks for with this and with the mount's own option.
    std::string max_read = "-omax_read=" + std::to_string(kRequestBytesMax);
    char* words[] = {name, max_read.data(), nullptr};
    fuse_args arguments = FUSE_ARGS_INIT(2, words);
    SessionPointer session(fuse_session_new(&arguments, &operations, sizeof operations, &shared_));
    if (!session) return fail(ErrorCode::unavailable, "libfuse refuses to make a session");
    const std::string path = "/dev/fd/" + std::to_string(device.get());
    if (fuse_session_mount(session.get(), path.c_str()) != 0) {
      return fail(ErrorCode::unavailable, "libfuse does not take the descriptor " + path);
    }
    device.release();  // The session closes it.
    raw_session_ = session.get();
    *session_.lock() = std::move(session);
    return {};
  }

  Result<void> start_first_worker() {
    auto workers = workers_.lock();
    try {
      workers->threads.emplace_back([this] { work(); });
    } catch (const std::system_error& exception) {
      return fail(ErrorCode::no_space, std::string("cannot start a thread: ") + exception.what());
    }
    ++workers->running;
    return {};
  }

  /// One thread: takes requests until the session ends.
  void work() {
    Buffer buffer;
    for (;;) {
      ++workers_.lock()->waiting;
      const int size = receive(buffer);
      const bool is_last_waiting = leave_waiting();
      if (size <= 0) break;
      if (is_last_waiting) add_worker();
      fuse_session_process_buf(raw_session_, &buffer.content);
    }
    --workers_.lock()->running;
    changed_.notify_all();
  }

  int receive(Buffer& buffer) {
    for (;;) {
      if (fuse_session_exited(raw_session_) != 0) return 0;
      const int size = fuse_session_receive_buf(raw_session_, &buffer.content);
      if (size == -EINTR || size == -EAGAIN) continue;
      if (size < 0 && size != -ENODEV && size != -ECONNABORTED) device_error_ = -size;
      return size;
    }
  }

  bool leave_waiting() { return --workers_.lock()->waiting == 0; }

  /// Called by a thread that is about to be busy while no other waits.
  void add_worker() {
    auto workers = workers_.lock();
    if (workers->waiting > 0 || workers->threads.size() >= shared_.options.threads_max) return;
    try {
      workers->threads.emplace_back([this] { work(); });
      ++workers->running;
    } catch (const std::system_error& exception) {  // Fewer threads are slower, not wrong.
      log(LogLevel::warning, "{}: no more threads: {}", shared_.options.name, exception.what());
    }
  }

  Shared shared_;
  std::atomic<int> device_error_ = 0;
  Guarded<SessionPointer> session_;
  /// The same session, for the threads that keep it alive by running.
  fuse_session* raw_session_ = nullptr;
  Guarded<Workers> workers_;
  std::condition_variable changed_;
};

Session::Session(posix::FileSystem& files, SessionOptions options)
    : state_(std::make_unique<State>(files, std::move(options))) {}
Session::~Session() = default;

Result<void> Session::serve(UniqueFd device) {
  return state_->serve(std::move(device));
}
void Session::stop() {
  state_->stop();
}

}  // namespace aloft::fuse
