// SPDX-License-Identifier: Apache-2.0
#include "transfer/internal/case_folding.h"

#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cwchar>
#include <cwctype>

#include "transfer/new_file.h"

namespace aloft::transfer {

bool folds_case(const LocalDirectory& root, std::string_view path) {
  const auto directory = root.open_beneath(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  struct stat before {};
  if (!directory || ::fstat(directory->get(), &before) != 0) return false;
  const std::string name = temporary_name();
  const UniqueFd made(::openat(directory->get(), name.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!made) return false;
  std::string upper = name;
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  struct stat status {};
  const bool folds = ::fstatat(directory->get(), upper.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  ::unlinkat(directory->get(), name.c_str(), 0);
  // Whoever only compares leaves no trace; where the directory is another's, its time is lost.
  const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, before.st_mtim};
  ::futimens(directory->get(), times);
  return folds;
}

std::string folded(std::string_view name) {
  static const locale_t utf8 = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  const locale_t before = utf8 == locale_t{} ? locale_t{} : ::uselocale(utf8);
  std::string out;
  std::mbstate_t reading{}, writing{};
  while (!name.empty()) {
    wchar_t letter = 0;
    const std::size_t size = std::mbrtowc(&letter, name.data(), name.size(), &reading);
    char lower[MB_LEN_MAX];
    const bool is_letter = size != 0 && size <= name.size();
    const std::size_t written =
        is_letter ? std::wcrtomb(lower, static_cast<wchar_t>(std::towlower(letter)), &writing) : 0;
    if (written == 0 || written > sizeof lower) {
      out += name.front();
      name.remove_prefix(1);
      reading = {};
    } else {
      out.append(lower, written);
      name.remove_prefix(size);
    }
  }
  if (before != locale_t{}) ::uselocale(before);
  return out;
}

}  // namespace aloft::transfer
