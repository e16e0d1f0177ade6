// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

#include "posix/internal/file_content.h"

namespace aloft::posix {

/// While it is there, nothing of the content is staged, so that its key may change. The content
/// outlives it.
class StagingHold {
 public:
  StagingHold() = default;
  static Result<StagingHold> take(FileContent& content, const Limits& limits) {
    TRY(content.hold_staging(limits));
    StagingHold hold;
    hold.content_ = &content;
    return hold;
  }
  StagingHold(StagingHold&& other) noexcept : content_(std::exchange(other.content_, nullptr)) {}
  StagingHold& operator=(StagingHold&& other) noexcept {
    std::swap(content_, other.content_);
    return *this;
  }
  ~StagingHold() {
    if (content_ != nullptr) content_->let_staging_go_on();
  }

 private:
  FileContent* content_ = nullptr;
};

}  // namespace aloft::posix
