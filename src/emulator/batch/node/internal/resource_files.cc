// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "base/local_directory.h"
#include "emulator/batch/node/internal/transfers.h"

namespace aloft::emulator::batch {

namespace {

/// "./a//b/" as "a/b"; what leads out stays as it is and is refused where it is opened.
std::string normal_path(const std::string& path) {
  std::string normal = std::filesystem::path(path).lexically_normal().string();
  while (normal.ends_with('/') && normal != "/") normal.pop_back();
  return normal == "." ? "" : normal;
}

class Fetcher {
 public:
  Fetcher(LocalDirectory directory, const std::string& auto_storage_url, BlobClient& blobs,
          const Limits& limits)
      : directory_(std::move(directory)),
        auto_storage_url_(auto_storage_url),
        blobs_(blobs),
        limits_(limits) {}

  Outcome<void> fetch(const ResourceFile& file) {
    const bool is_container = file.source != ResourceFile::Source::file;
    const bool is_own = file.source == ResourceFile::Source::auto_storage;
    const auto url = parse_blob_url(is_own ? auto_storage_url_ + "/" + file.url : file.url);
    const Step step = is_container ? Step::listing_container : Step::downloading_file;
    if (!url) return fail(failure_of(url.error(), step, file.file_path));
    const auto access =
        is_own || file.uses_identity ? BlobClient::Access::identity : BlobClient::Access::url;
    if (is_container) return fetch_container(file, *url, access);
    return fetch_file(*url, access, normal_path(file.file_path), file.file_mode);
  }

 private:
  Outcome<void> fetch_container(const ResourceFile& file, const BlobUrl& container,
                                BlobClient::Access access) {
    const auto blobs = blobs_.list(container, file.blob_prefix, access, limits_);
    if (!blobs) {
      return fail(failure_of(blobs.error(), Step::listing_container, container.shown()));
    }
    const std::string below = normal_path(file.file_path);
    for (const ListedBlob& blob : *blobs) {
      // The blob's own name is not made normal: one that is no path must not take another's place.
      const std::string path = below.empty() ? blob.name : below + "/" + blob.name;
      if (blob.is_directory) {
        TRY(make_directories(path));
      } else {
        TRY(fetch_file(container.blob(blob.name), access, path, file.file_mode));
      }
    }
    return {};
  }

  Outcome<void> fetch_file(const BlobUrl& url, BlobClient::Access access, const std::string& path,
                           mode_t mode) {
    const std::size_t slash = path.rfind('/');
    if (slash != std::string::npos) TRY(make_directories(path.substr(0, slash)));
    const auto fd = directory_.open_beneath(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (!fd) return not_made("ResourceFileCreateFailed", path, fd.error());
    if (const auto done = blobs_.download(url, access, fd->get(), limits_); !done) {
      return fail(failure_of(done.error(), Step::downloading_file, path));
    }
    ::fchmod(fd->get(), mode & 0777);
    return {};
  }

  /// `path` and all directories above it, beneath the working directory.
  Outcome<void> make_directories(const std::string& path) {
    for (std::size_t end = 0; end < path.size();) {
      end = std::min(path.find('/', end + 1), path.size());
      const std::string directory = path.substr(0, end);
      if (const auto made = make_directory(directory); !made) {
        return not_made("ResourceDirectoryCreateFailed", directory, made.error());
      }
    }
    return {};
  }

  Result<void> make_directory(const std::string& path) {
    const UniqueFd parent = TRY(directory_.open_parent(path));
    const std::string name = path.substr(path.rfind('/') + 1);
    if (::mkdirat(parent.get(), name.c_str(), 0777) != 0 && errno != EEXIST) {
      return fail_os(errno, "cannot make the directory " + path);
    }
    TRY(directory_.open_beneath(path, O_PATH | O_DIRECTORY));
    return {};
  }

  static tl::unexpected<FailureInfo> not_made(std::string_view code, std::string_view path,
                                              const Error& error) {
    return fail(
        make_failure(error.code == ErrorCode::no_space ? "DiskFull" : code, path, error.message));
  }

  const LocalDirectory directory_;
  const std::string& auto_storage_url_;
  BlobClient& blobs_;
  const Limits& limits_;
};

}  // namespace

Outcome<void> fetch_resource_files(const std::vector<ResourceFile>& files, const TaskPlace& place,
                                   const std::string& auto_storage_url, BlobClient& blobs,
                                   const Limits& limits) {
  if (files.empty()) return {};
  auto directory = LocalDirectory::open(place.working);
  if (!directory) {
    return fail(make_failure("ResourceDirectoryCreateFailed", "wd", directory.error().message));
  }
  Fetcher fetcher(std::move(*directory), auto_storage_url, blobs, limits);
  for (const ResourceFile& file : files) TRY(fetcher.fetch(file));
  return {};
}

}  // namespace aloft::emulator::batch
